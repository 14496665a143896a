// The two soaks of a run, with the patch and without: the slope of each counter that the role names, and the latencies,
// of the patched one against the control.
#pragma once

#include "harness/lab/lab_records.h"
#include "harness/roles/role.h"

namespace hotgate::harness {

class SoakComparison {
public:
  SoakComparison(LabRecords &records, const Role &role) : records_(records), role_(role) {}

  // A look at the process in the middle of the soak.
  Result<> sample(Phase phase, int64_t transactions, const ProcessCounters &counters);
  // The soak's end: what its samples say is recorded, and behind the patched one what both say.
  Result<> finish(Phase phase, ExchangeTallies tallies);

private:
  struct CountedSample {
    int64_t transactions = 0;
    ProcessCounters counters;
  };
  struct Soak {
    std::vector<CountedSample> samples;
    ExchangeTallies tallies;
  };

  Soak &of(Phase phase) { return phase == Phase::control ? control_ : patched_; }
  Result<> recordCounter(Phase phase, Counter counter);
  Result<> recordLatencies();
  // Without the warm-up.
  [[nodiscard]] std::vector<CounterSample> warm(const Soak &soak, Counter counter) const;

  LabRecords &records_;
  const Role &role_;
  Soak control_;
  Soak patched_;
};

} // namespace hotgate::harness
