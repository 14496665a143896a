// What a Windows machine itself says in a run: whether it is still on the hotpatch track, and what the role's service
// wrote into the event log. Of another guest nothing is recorded.
#pragma once

#include "harness/lab/guest.h"
#include "harness/lab/run_journal.h"

namespace hotgate::harness {

class MachineWatch {
public:
  // `events`: of the role.
  MachineWatch(Guest &guest, RunJournal &journal, const RoleEvents &events)
      : guest_(guest), journal_(journal), events_(events) {}

  Result<Flow> recordState(Phase phase, Step step);
  // Since the service's start, or the last time.
  Result<Flow> recordEvents(Phase phase, Step step);

private:
  Guest &guest_;
  RunJournal &journal_;
  const RoleEvents &events_;
};

} // namespace hotgate::harness
