#include "harness/lab/run_journal.h"

namespace hotgate::harness {

void RunJournal::announce(Phase phase, Step step, const std::string &detail) {
  progress_(fmt::format("{}: {}{}", phaseName(phase), stepName(step), detail));
}

Result<Flow> RunJournal::conclude(Phase phase, Step step, const std::string &success, const std::string &failure) {
  if (failure.empty()) {
    HOTGATE_CHECK(records_.step(phase, step, StepOutcome::ok, success));
    return Flow::goOn;
  }
  if (phase == Phase::control)
    return labFault(phase, step,
                    Error{ErrorKind::fault, "unpatched service", std::string(stepName(step)), failure,
                          "make the base pass before its patch is judged"});
  HOTGATE_CHECK(records_.step(phase, step, StepOutcome::failed, failure));
  return Flow::goOn;
}

Result<Flow> RunJournal::labFault(Phase phase, Step step, const Error &error) {
  if (error.kind != ErrorKind::fault)
    return Failure(error);
  labFault_ = fmt::format("{} ({}): {}", stepName(step), phaseName(phase), error.message());
  HOTGATE_CHECK(records_.step(phase, step, StepOutcome::labFault, error.message()));
  return Flow::stop;
}

Result<Flow> RunJournal::probes(Phase phase, Step step, const ExchangeTallies &tallies, const std::string &labFault) {
  if (!labFault.empty())
    return this->labFault(phase, step,
                          Error{ErrorKind::fault, "service under test", std::string(stepName(step)), labFault, ""});
  HOTGATE_CHECK(records_.probes(phase, step, tallies, deadline_));
  return Flow::goOn;
}

Result<> RunJournal::finish(std::string_view accelerator) {
  return labFault_ ? records_.finishLabFault(accelerator, *labFault_) : records_.finishCompleted(accelerator);
}

} // namespace hotgate::harness
