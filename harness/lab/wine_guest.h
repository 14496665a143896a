// The guest of a quick local run: the service under this host's wine, in a sandbox with one wire (wine_sandbox.h). It
// starts in a second and needs no machine; but the code under test runs on this host's kernel.
#pragma once

#include "harness/lab/agent_guest.h"
#include "harness/roles/recorded_link.h"
#include "harness/roles/tap_link.h"
#include "harness/vm/cache.h"
#include "harness/wine/wine_sandbox.h"

#include <mutex>

namespace hotgate::harness {

class WineGuest : public AgentGuest {
public:
  // `tap`: the program hotgate-tap.
  WineGuest(GuestSetup setup, std::filesystem::path tap, const Progress &progress)
      : AgentGuest(std::move(setup)), tap_(std::move(tap)), progress_(progress) {}

  Result<> restore() override;
  [[nodiscard]] std::string_view accelerator() const override { return "native"; }
  Link &link() override { return *recorded_; }
  // The wire and what was printed; there is no machine whose state could be kept.
  Result<> keep(const KeepRequest &request) override;
  Result<> keepBusy(const KeepRequest &request) override { return keep(request); }

private:
  Result<> startSandbox(const std::filesystem::path &prefix);
  Result<int64_t> findLinuxProcess(Deadline deadline) override;
  Result<int64_t> privateBytesOf(int64_t linuxPid, Deadline deadline) override;

  std::filesystem::path tap_;
  const Progress &progress_;
  std::mutex standing_; // held where sandbox_ and link_ come and go, and where what was seen of them is kept
  std::optional<WineSandbox> sandbox_;
  std::optional<ProcessAgent> agent_;
  std::optional<TapLink> link_;
  std::optional<RecordedLink> recorded_; // of *link_
};

} // namespace hotgate::harness
