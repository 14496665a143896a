// The guest of a real run: QEMU, both agents, the base image installed as a service, the hotpatch image beside it.
#pragma once

#include "harness/guest/ready_guest.h"
#include "harness/lab/guest.h"
#include "harness/lab/lab_config.h"

namespace hotgate::harness {

class VmGuest : public Guest {
public:
  struct Setup {
    std::filesystem::path cache;
    std::filesystem::path agent; // hotgate-agent.exe
    std::filesystem::path preImage;
    std::filesystem::path hotpatchImage;
    std::string address; // of the guest's NIC, "10.77.0.1/24"
    LabConfig config;
  };
  VmGuest(Setup setup, const Progress &progress) : setup_(std::move(setup)), progress_(progress) {}

  Result<> restore() override;
  [[nodiscard]] std::string_view accelerator() const override;
  Link &link() override { return *link_; }
  Result<ServiceStatus> startService() override;
  Result<ServiceStatus> queryService() override;
  Result<ProcessCounters> counters(int64_t pid) override;
  Result<AppliedPatch> apply(int64_t pid) override;
  Result<> undo(int64_t pid) override;
  Result<std::vector<uint8_t>> read(int64_t pid, uint32_t rva, uint32_t size) override;
  [[nodiscard]] bool wasRefused() const override { return guest_ && guest_->agent.wasRefused(); }

private:
  Result<> install();
  Result<int64_t> privateBytes(int64_t pid, Deadline deadline);

  Setup setup_;
  const Progress &progress_;
  std::string module_;
  std::optional<Accelerator> accelerator_;
  std::optional<ReadyGuest> guest_;
  std::optional<StreamLink> link_;
  int64_t linuxProcessOf_ = 0; // the Windows PID that linuxPid_ belongs to
  int64_t linuxPid_ = 0;
};

} // namespace hotgate::harness
