#include "harness/lab/process_watch.h"

namespace hotgate::harness {

Result<Flow> ProcessWatch::adopt(Phase phase, Step step, const ServiceStatus &service) {
  pid_ = service.pid;
  const auto counters = guest_.counters(pid_);
  if (!counters)
    return journal_.labFault(phase, step, counters.error());
  startTime_ = counters->startTime;
  recovery_.emplace(guest_, ServiceProcess{pid_, startTime_});
  return Flow::goOn;
}

Result<Flow> ProcessWatch::look(Phase phase, Step step) {
  const auto service = guest_.queryService();
  if (!service)
    return journal_.labFault(phase, step, service.error());
  // A service that has no process any more: the process that it had is looked at.
  const int64_t pid = service->pid != 0 ? service->pid : pid_;
  const auto counters = guest_.counters(pid);
  if (!counters)
    return journal_.labFault(phase, step, counters.error());
  HOTGATE_CHECK(journal_.records().process(phase, step, *service, pid, *counters));
  const bool isTheSame = counters->alive && pid == pid_ && counters->startTime == startTime_;
  if (isTheSame)
    return Flow::goOn;
  if (phase == Phase::control)
    return journal_.labFault(phase, step,
                             Error{ErrorKind::fault, "unpatched service", std::string(stepName(step)),
                                   "its process ended or was replaced",
                                   "make the base pass before its patch is judged"});
  if (auto watched = recover(phase, step); !watched)
    return journal_.labFault(phase, step, watched.error());
  return Flow::stop;
}

Result<> ProcessWatch::recover(Phase phase, Step step) {
  journal_.announce(phase, step, ", its process is gone: watching whether the service comes back");
  HOTGATE_CHECK(recovery_->watch(limits_));
  std::optional<std::string> answer;
  if (recovery_->runs()) {
    HOTGATE_TRY(const ProbeReport report, probe_->health());
    answer = report.fault;
    HOTGATE_CHECK(recovery_->watch(limits_)); // the request may have ended it again
  }
  return journal_.records().recovery(phase, step, *recovery_, limits_, guest_.restartsCrashedService(), answer);
}

Result<bool> ProcessWatch::isGone() {
  HOTGATE_TRY(const ProcessCounters counters, guest_.counters(pid_));
  return !counters.alive || counters.startTime != startTime_;
}

Result<Flow> ProcessWatch::refusedOrGone(Phase phase, Step step, const Error &error) {
  if (phase == Phase::control || !isGone().value_or(false))
    return journal_.labFault(phase, step, error);
  HOTGATE_CHECK(journal_.records().step(phase, step, StepOutcome::failed, "its process ended; " + error.reason));
  return look(phase, step);
}

} // namespace hotgate::harness
