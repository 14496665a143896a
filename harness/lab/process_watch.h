// The process under test, told from others by PID and start time: looked at after each step, and watched further when
// it is gone (recovery_watch.h). What the service manager says of its state hides a crash.
#pragma once

#include "harness/lab/recovery_watch.h"
#include "harness/lab/run_journal.h"
#include "harness/roles/role_probe.h"

namespace hotgate::harness {

class ProcessWatch {
public:
  // `probe` is there as soon as the first process is adopted.
  ProcessWatch(Guest &guest, RunJournal &journal, const RecoveryLimits &limits, const std::unique_ptr<RoleProbe> &probe)
      : guest_(guest), journal_(journal), limits_(limits), probe_(probe) {}

  [[nodiscard]] int64_t pid() const { return pid_; }

  // The process that a start of the service or the machine made is the one under test from now on.
  Result<Flow> adopt(Phase phase, Step step, const ServiceStatus &service);
  // Looks at the service and its process, records both, and says stop when the process under test is gone.
  Result<Flow> look(Phase phase, Step step);
  // Whether the process under test is another one now, or none. Errors: fault.
  Result<bool> isGone();
  // The agent could not do it because there is no process any more: look() says so. Everything else is the lab's fault.
  Result<Flow> refusedOrGone(Phase phase, Step step, const Error &error);
  // In the middle of a step: its process was just missed. The look behind the step records it.
  Result<> observeEnd() { return recovery_->observe(); }

private:
  // What the service manager makes of it, and whether the service answers then.
  Result<> recover(Phase phase, Step step);

  Guest &guest_;
  RunJournal &journal_;
  const RecoveryLimits &limits_;
  const std::unique_ptr<RoleProbe> &probe_;
  int64_t pid_ = 0;
  int64_t startTime_ = 0;
  std::optional<RecoveryWatch> recovery_;
};

} // namespace hotgate::harness
