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

#include "harness/lab/guest.h"
#include "harness/lab/lab_config.h"
#include "harness/lab/lab_records.h"
#include "harness/lab/write_prediction.h"
#include "harness/roles/role.h"
#include "harness/roles/role_probe.h"

namespace hotgate::harness {

struct CountedSample {
  int64_t transactions = 0;
  ProcessCounters counters;
};

class LabSequence {
public:
  using Progress = std::function<void(std::string_view)>;
  LabSequence(Guest &guest, const Role &role, const ProbeFactory &makeProbe, const LabConfig &config,
              const std::vector<PredictedWrite> &writes, LabRecords &records, const Progress &progress)
      : guest_(guest), role_(role), makeProbe_(makeProbe), config_(config), writes_(writes), records_(records),
        progress_(progress) {}

  // Errors: the facts cannot be written, or what we were given cannot be used. A lab fault is a recorded outcome.
  Result<> run();

private:
  enum class Flow { goOn, stop };

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
  // Repeated when the agent could not do it for a reason that is not the patch's.
  Result<AppliedPatch> tryToApply();
  // While clients ask: what is lost meanwhile counts.
  Result<AppliedPatch> applyUnderLoad();
  Result<Flow> undo();
  Result<Flow> verify(Phase phase);
  // One place of memory against its prediction; "" when it holds that, else what is wrong. Errors: the lab's.
  Result<std::string> verifyPlace(const PredictedWrite &write, bool afterApply);

  void announce(Phase phase, Step step, const std::string &detail = {});
  // Looks at the service and its process, records both, and says stop when the process under test is gone.
  Result<Flow> look(Phase phase, Step step);
  // The row of a step that ran; `failure` is "" when it went well, and before the patch a lab fault.
  Result<Flow> conclude(Phase phase, Step step, const std::string &success, const std::string &failure);
  Result<Flow> labFault(Phase phase, Step step, const Error &error);
  // What the soaks say of each counter, and of the latencies.
  Result<> recordCounter(Phase phase, Counter counter);
  Result<> recordLatencies();
  [[nodiscard]] std::vector<CounterSample> warm(const std::vector<CountedSample> &samples, Counter counter) const;

  Guest &guest_;
  const Role &role_;
  const ProbeFactory &makeProbe_;
  const LabConfig &config_;
  const std::vector<PredictedWrite> &writes_;
  LabRecords &records_;
  const Progress &progress_;

  std::unique_ptr<RoleProbe> probe_;
  int64_t pid_ = 0;
  int64_t startTime_ = 0;
  AppliedPatch patch_;
  ExchangeTallies underApply_; // of all attempts
  bool hungUnderApply_ = false;
  // One soak of each kind, for the comparison.
  struct Soak {
    std::vector<CountedSample> samples;
    ExchangeTallies tallies;
  };
  Soak controlSoak_;
  Soak patchedSoak_;
  std::optional<std::string> labFault_;
};

} // namespace hotgate::harness
