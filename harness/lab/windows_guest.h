// A Windows machine under test: its own service, patched by the system. The order of a run is the same as for every
// guest; what differs is in here:
//
//   restore   pre-flight (preflight.h): a machine that cannot take hotpatches is a fault of the lab
//   start     the role's service; the event log must say that it is ready (event_gate.h)
//   apply     the KB's package (wusa, DISM), or NtManageHotPatch; then the system must name an active patch
//   undo      the package is removed and the machine restarts: there is no other way back
//   restart   the package goes in again and the machine restarts: the patch is the base now
//
// Limits: no byte of the hotpatch image is read, because where the system maps it is not published. Never run on
// Windows; tested with scripted agents.
#pragma once

#include "harness/guest/windows/package_outcome.h"
#include "harness/lab/machine_config.h"
#include "harness/lab/machine_guest.h"

namespace hotgate::harness {

class WindowsGuest : public MachineGuest {
public:
  // The role says which service is under test and what it logs; the service that `setup` names is another guest's.
  WindowsGuest(GuestSetup setup, const Role &role, WindowsConfig config, std::unique_ptr<AgentMachine> machine)
      : MachineGuest(withService(std::move(setup), role.service), std::move(machine)), events_(role.events),
        config_(std::move(config)) {}

  Result<> restore() override;
  Result<ServiceStatus> startService() override;
  Result<> beginApply(int64_t pid) override;
  Result<std::optional<AppliedPatch>> appliedYet() override;
  Result<> undo(int64_t pid) override;
  Result<ServiceStatus> restartUpdated() override;
  [[nodiscard]] bool undoRestartsMachine() const override { return true; }
  Result<std::optional<MachineState>> machineState() override;
  Result<std::vector<ServiceEvent>> newEvents() override;
  [[nodiscard]] bool wasRefused() const override { return packageRefused_ || MachineGuest::wasRefused(); }

private:
  static GuestSetup withService(GuestSetup setup, const std::string &service);
  // Those behind the last one that was read.
  Result<std::vector<ServiceEvent>> readEvents();
  Result<MachineReport> report();
  Result<> restartMachine();
  Result<PackageOutcome> runInstaller(const ProgramCall &call);
  // What the exit code means for the run. Errors: fault; of the package when wasRefused().
  Result<> judge(const char *step, const PackageOutcome &outcome);
  [[nodiscard]] std::string packagePath() const;
  // What the system did to the process, as it says and as its memory says.
  Result<AppliedPatch> activePatch();
  Result<bool> isOffered();

  RoleEvents events_;
  WindowsConfig config_;
  int64_t pid_ = 0;
  int64_t lastEvent_ = 0; // record of the event log that was read last
  bool packageRefused_ = false;
};

} // namespace hotgate::harness
