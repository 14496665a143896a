#include "harness/lab/machine_guest.h"

namespace hotgate::harness {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes startDeadline{15}; // Windows under emulation takes its time
constexpr minutes copyDeadline{10};
constexpr seconds removalDeadline{20};

} // namespace

MachineGuest::~MachineGuest() {
  if (!installed_)
    return;
  // It stays on a machine that does not answer; the next run's service-install says so.
  (void)agent_->stopService(setup().config.serviceName, after(removalDeadline));
  (void)agent_->deleteService(setup().config.serviceName, after(removalDeadline));
}

Result<> MachineGuest::startMachine() {
  HOTGATE_CHECK(checkModuleName());
  const Deadline deadline = after(startDeadline);
  HOTGATE_CHECK(machine_->start(deadline));
  return reconnect(deadline);
}

Result<> MachineGuest::reconnect(Deadline deadline) {
  HOTGATE_TRY(FileDescriptor channel, machine_->connect(deadline));
  agent_.emplace(std::move(channel));
  useAgent(*agent_);
  return {};
}

Result<> MachineGuest::restore() {
  HOTGATE_CHECK(startMachine());
  HOTGATE_CHECK(machine_->copy(*agent_,
                               {{setup().preImage, module()},
                                {setup().hotpatchImage, "hotpatch/" + module()},
                                {setup().postImage, "post/" + module()}},
                               after(copyDeadline)));
  installed_ = true;
  return installService(*agent_);
}

} // namespace hotgate::harness
