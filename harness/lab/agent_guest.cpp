#include "harness/lab/agent_guest.h"

namespace hotgate::harness {
namespace {

using std::chrono::seconds;

// The one place of the agent's deadlines: when a hanging guest is given up, and nothing is measured by them. Under TCG
// the first start of a service takes some seconds, and a call to the agent milliseconds; but it shares two emulated
// processors with a service under load, and four guests on two busy cores took 25 s for the stacks of all threads.
constexpr seconds serviceDeadline{120};
constexpr seconds callDeadline{90};
constexpr seconds patchDeadline{120};

constexpr const char *windowsFolder = "C:\\hotgate";

} // namespace

Result<> AgentGuest::checkModuleName() const {
  // A real module's name is this plain.
  if (!module_.empty() && module_.front() != '.' &&
      module_.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
          std::string::npos)
    return {};
  return failInput(setup_.preImage.string(), "", "the file name has characters that no module's has",
                   "rename the image");
}

Result<> AgentGuest::installService(ProcessAgent &agent) {
  agent_ = &agent;
  return installService(module_);
}

Result<> AgentGuest::installService(const std::string &program) {
  HOTGATE_TRY(restartsCrashedService_,
              agent_->installService(setup_.config.serviceName, fmt::format("{}\\{}", windowsFolder, program),
                                     setup_.config.serviceArguments, after(serviceDeadline)));
  return {};
}

Result<ServiceStatus> AgentGuest::restartUpdated() {
  HOTGATE_CHECK(agent_->stopService(setup_.config.serviceName, after(serviceDeadline)));
  isSettingUp_ = true;
  HOTGATE_CHECK(agent_->deleteService(setup_.config.serviceName, after(callDeadline)));
  HOTGATE_CHECK(installService("post\\" + module_));
  isSettingUp_ = false;
  return startService();
}

Result<ServiceStatus> AgentGuest::startService() {
  return agent_->startService(setup_.config.serviceName, after(serviceDeadline));
}

Result<ServiceStatus> AgentGuest::queryService() {
  return agent_->queryService(setup_.config.serviceName, after(callDeadline));
}

Result<ProcessCounters> AgentGuest::counters(int64_t pid) {
  const Deadline deadline = after(callDeadline);
  HOTGATE_TRY(ProcessCounters counters, agent_->counters(pid, deadline));
  if (!counters.alive)
    return counters;
  const auto measured = privateBytes(pid, deadline);
  if (measured) {
    if (*measured != 0)
      counters.privateBytes = *measured;
    return counters;
  }
  // It may have ended between the two questions.
  HOTGATE_TRY(const ProcessCounters again, agent_->counters(pid, deadline));
  if (again.alive)
    return Failure(measured.error());
  return again;
}

Result<int64_t> AgentGuest::privateBytes(int64_t pid, Deadline deadline) {
  if (pid != linuxProcessOf_) {
    HOTGATE_TRY(linuxPid_, findLinuxProcess(deadline));
    linuxProcessOf_ = pid;
  }
  return privateBytesOf(linuxPid_, deadline);
}

Result<> AgentGuest::beginApply(int64_t pid) {
  return agent_->beginApply(pid, module_, fmt::format("{}\\hotpatch\\{}", windowsFolder, module_),
                            after(patchDeadline));
}

Result<> AgentGuest::undo(int64_t pid) { return agent_->undo(pid, module_, after(patchDeadline)); }

Result<std::vector<uint8_t>> AgentGuest::read(int64_t pid, uint32_t rva, uint32_t size) {
  return agent_->read(pid, module_, rva, size, after(callDeadline));
}

Result<std::vector<uint8_t>> AgentGuest::readPatch(int64_t pid, uint32_t rva, uint32_t size) {
  return agent_->readPatch(pid, module_, rva, size, after(callDeadline));
}

Result<std::vector<ThreadStack>> AgentGuest::stacks(int64_t pid) { return agent_->stacks(pid, after(callDeadline)); }

} // namespace hotgate::harness
