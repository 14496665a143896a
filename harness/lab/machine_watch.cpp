#include "harness/lab/machine_watch.h"

namespace hotgate::harness {

Result<Flow> MachineWatch::recordState(Phase phase, Step step) {
  const auto state = guest_.machineState();
  if (!state)
    return journal_.labFault(phase, step, state.error());
  if (*state)
    HOTGATE_CHECK(journal_.records().machine(phase, (*state)->report, (*state)->offered));
  return Flow::goOn;
}

Result<Flow> MachineWatch::recordEvents(Phase phase, Step step) {
  const auto events = guest_.newEvents();
  if (!events)
    return journal_.labFault(phase, step, events.error());
  HOTGATE_CHECK(journal_.records().events(phase, *events, events_));
  return Flow::goOn;
}

} // namespace hotgate::harness
