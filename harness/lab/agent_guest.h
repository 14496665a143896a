// What every guest with our agent in it does alike: the base image as a service in C:\\hotgate, the hotpatch image
// beside it, and the calls to the agent.
#pragma once

#include "harness/lab/guest.h"
#include "harness/lab/lab_config.h"

#include <filesystem>

namespace hotgate::harness {

// The files and the service that a guest is set up with.
struct GuestSetup {
  std::filesystem::path cache;
  std::filesystem::path agent; // hotgate-agent.exe
  std::filesystem::path preImage;
  std::filesystem::path hotpatchImage;
  std::filesystem::path postImage;
  std::string address; // of the guest's network device, "10.77.0.1/24"
  LabConfig config;
};

class AgentGuest : public Guest {
public:
  Result<ServiceStatus> startService() override;
  [[nodiscard]] bool restartsCrashedService() const override { return restartsCrashedService_; }
  Result<ServiceStatus> queryService() override;
  Result<ProcessCounters> counters(int64_t pid) override;
  Result<> beginApply(int64_t pid) override;
  Result<std::optional<AppliedPatch>> appliedYet() override { return agent_->appliedYet(); }
  Result<> undo(int64_t pid) override;
  Result<ServiceStatus> restartUpdated() override;
  Result<std::vector<uint8_t>> read(int64_t pid, uint32_t rva, uint32_t size) override;
  Result<std::vector<uint8_t>> readPatch(int64_t pid, uint32_t rva, uint32_t size) override;
  Result<std::vector<ThreadStack>> stacks(int64_t pid) override;
  [[nodiscard]] bool wasRefused() const override { return agent_ != nullptr && agent_->wasRefused() && !isSettingUp_; }

protected:
  explicit AgentGuest(GuestSetup setup) : setup_(std::move(setup)), module_(setup_.preImage.filename().string()) {}

  [[nodiscard]] const GuestSetup &setup() const { return setup_; }
  [[nodiscard]] const std::string &module() const { return module_; }
  // The name goes into guest paths and a shell script.
  [[nodiscard]] Result<> checkModuleName() const;
  // With the files in place: C:\\hotgate\\MODULE, and the others in hotpatch and post there. `agent` outlives this
  // guest's use of it.
  Result<> installService(ProcessAgent &agent);
  // Without installing anything.
  void useAgent(ProcessAgent &agent) { agent_ = &agent; }
  [[nodiscard]] ProcessAgent &agent() { return *agent_; }

private:
  // The one Linux process that runs the module, and Linux' count of its private memory, bytes. 0: no Linux counts it,
  // and the agent's own count stands.
  virtual Result<int64_t> findLinuxProcess(Deadline) { return 0; }
  virtual Result<int64_t> privateBytesOf(int64_t, Deadline) { return 0; }
  // Looks the process up when it is another one than before.
  Result<int64_t> privateBytes(int64_t pid, Deadline deadline);
  Result<> installService(const std::string &program);

  GuestSetup setup_;
  std::string module_;
  ProcessAgent *agent_ = nullptr; // nullptr before restore()
  bool restartsCrashedService_ = false;
  bool isSettingUp_ = false;   // what the agent refuses then is the lab's matter: no service of the update's runs yet
  int64_t linuxProcessOf_ = 0; // the Windows PID that linuxPid_ belongs to
  int64_t linuxPid_ = 0;
};

} // namespace hotgate::harness
