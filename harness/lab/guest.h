// The guest as the run sees it: a service on a raw link, and what can be done to its process. An interface, so that the
// run's decisions are tested against scripted guests that hang, crash or answer wrongly.
#pragma once

#include "harness/guest/process_agent.h"
#include "harness/guest/windows/event_gate.h"
#include "harness/guest/windows/machine_report.h"
#include "harness/lab/kept_guest.h"
#include "harness/roles/link.h"

#include <string_view>

namespace hotgate::harness {

// A Windows machine as a target of hotpatches.
struct MachineState {
  MachineReport report;
  std::optional<bool> offered; // whether a scan offers the KB; nullopt: no scan
};

// An error of kind `fault` is a fault of the lab; of another kind, of what we were given (no QEMU, no mirror).
class Guest {
public:
  virtual ~Guest() = default;

  // Running, reachable, with the base image installed as a service that is not started.
  virtual Result<> restore() = 0;
  [[nodiscard]] virtual std::string_view accelerator() const = 0; // kvm, tcg; "" before restore()
  virtual Link &link() = 0;                                       // after restore()

  virtual Result<ServiceStatus> startService() = 0;
  // Whether the guest's service manager starts a service again whose process crashed; wine's does not. After the
  // service was installed.
  [[nodiscard]] virtual bool restartsCrashedService() const = 0;
  virtual Result<ServiceStatus> queryService() = 0;
  virtual Result<ProcessCounters> counters(int64_t pid) = 0;
  // Begin, then ask until the patch is there: the service goes on serving meanwhile.
  virtual Result<> beginApply(int64_t pid) = 0;
  virtual Result<std::optional<AppliedPatch>> appliedYet() = 0;
  virtual Result<> undo(int64_t pid) = 0;
  // Stops the service and starts it again from the update's image, as the machine's next start does.
  virtual Result<ServiceStatus> restartUpdated() = 0;
  virtual Result<std::vector<uint8_t>> read(int64_t pid, uint32_t rva, uint32_t size) = 0;
  // Of the patch image that is active in the process.
  virtual Result<std::vector<uint8_t>> readPatch(int64_t pid, uint32_t rva, uint32_t size) = 0;
  // What each thread of the process is inside of.
  virtual Result<std::vector<ThreadStack>> stacks(int64_t pid) = 0;
  // The next three are a Windows machine's; another guest has none of it.
  // True when undo() restarts the machine: the process is another one afterwards.
  [[nodiscard]] virtual bool undoRestartsMachine() const { return false; }
  virtual Result<std::optional<MachineState>> machineState() { return std::nullopt; }
  // What the role's service wrote into the event log since the last time.
  virtual Result<std::vector<ServiceEvent>> newEvents() { return std::vector<ServiceEvent>(); }
  // Its state at this moment into a folder (kept_guest.h); the guest goes on afterwards.
  virtual Result<> keep(const KeepRequest &request) { return keepNothing(request); }
  // The same by another thread while the run's own is in the middle of another call, which may hang: what needs a
  // conversation with the guest is left out. The guest need not go on.
  virtual Result<> keepBusy(const KeepRequest &request) { return keepNothing(request); }
  // True when the last call failed because the agent, alive, refused it: then the patch or the process is the reason
  // and not the lab.
  [[nodiscard]] virtual bool wasRefused() const = 0;

private:
  static Result<> keepNothing(const KeepRequest &request) {
    HOTGATE_CHECK(makeKeptFolder(request.folder));
    return writeKept(request.folder, std::nullopt, {"this provider keeps nothing of its guests"});
  }
};

} // namespace hotgate::harness
