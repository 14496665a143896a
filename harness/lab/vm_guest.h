// The guest of a real run: QEMU, both agents, the base image installed as a service, the hotpatch image beside it.
#pragma once

#include "harness/guest/ready_guest.h"
#include "harness/lab/agent_guest.h"
#include "harness/roles/recorded_link.h"

#include <mutex>

namespace hotgate::harness {

class VmGuest : public AgentGuest {
public:
  VmGuest(GuestSetup setup, const Progress &progress) : AgentGuest(std::move(setup)), progress_(progress) {}

  Result<> restore() override;
  [[nodiscard]] std::string_view accelerator() const override;
  Link &link() override { return *recorded_; }
  Result<> keep(const KeepRequest &request) override;
  Result<> keepBusy(const KeepRequest &request) override;

private:
  Result<> copyFiles();
  // `missing`: what cannot be had, which grows.
  Result<> keepMachine(const KeepRequest &request, std::vector<std::string> missing);
  Result<int64_t> findLinuxProcess(Deadline deadline) override;
  Result<int64_t> privateBytesOf(int64_t linuxPid, Deadline deadline) override;

  const Progress &progress_;
  std::optional<Accelerator> accelerator_;
  std::mutex standing_; // held where guest_, link_ and image_ come, and where another thread reads them
  std::optional<ReadyGuest> guest_;
  std::optional<StreamLink> link_;
  std::optional<RecordedLink> recorded_; // of *link_
  GuestImage image_;
};

} // namespace hotgate::harness
