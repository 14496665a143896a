// The order of a run (design "Lab") and what each step's outcome leads to.
//
//   restore -> health -> control: smoke, witness (must be vulnerable), soak, frames
//           -> patched: apply (under load), verify, smoke, witness (must be fixed), soak, frames
//           -> undone: undo, verify, witness (vulnerable again), smoke
//           -> restarted from the update's image: smoke, witness (fixed, as the hotpatch fixed it)
//
// Whatever goes wrong before the patch is a fault of the lab. After it, a failed step is recorded and the run goes on,
// to gather evidence, until the service hangs, its process is gone or replaced, or the patch cannot be applied or
// undone.
#pragma once

#include "harness/lab/lab_config.h"
#include "harness/lab/loaded_apply.h"
#include "harness/lab/machine_watch.h"
#include "harness/lab/soak_comparison.h"
#include "harness/lab/write_prediction.h"

namespace hotgate::harness {

class LabSequence {
public:
  using Progress = RunJournal::Progress;
  LabSequence(Guest &guest, const Role &role, const ProbeFactory &makeProbe, const LabConfig &config,
              const std::vector<PredictedWrite> &writes, LabRecords &records, const Progress &progress)
      : guest_(guest), role_(role), makeProbe_(makeProbe), config_(config), writes_(writes),
        journal_(records, role.deadline, progress), machine_(guest, journal_, role.events),
        process_(guest, journal_, config.recovery, probe_), soaks_(records, role) {}

  // Errors: the facts cannot be written, or what we were given cannot be used. A lab fault is a recorded outcome.
  Result<> run();

private:
  Result<Flow> restore();
  Result<Flow> health();
  Result<Flow> control();
  Result<Flow> patched();
  Result<Flow> undone();
  Result<Flow> restarted();

  Result<Flow> smoke(Phase phase);
  Result<Flow> witness(Phase phase, std::string_view wanted);
  Result<Flow> soak(Phase phase);
  // The stacks of the idle service: a thread that is in a function then stays there.
  Result<Flow> frames(Phase phase);
  Result<Flow> apply();
  Result<Flow> undo();
  Result<Flow> verify(Phase phase);
  // One place of memory against its prediction; "" when it holds that, else what is wrong. Errors: the lab's.
  Result<std::string> verifyPlace(const PredictedWrite &write, bool afterApply);

  Guest &guest_;
  const Role &role_;
  const ProbeFactory &makeProbe_;
  const LabConfig &config_;
  const std::vector<PredictedWrite> &writes_;

  std::unique_ptr<RoleProbe> probe_;
  RunJournal journal_;
  MachineWatch machine_;
  ProcessWatch process_;
  SoakComparison soaks_;
  AppliedPatch patch_;
  bool hungUnderApply_ = false;
};

} // namespace hotgate::harness
