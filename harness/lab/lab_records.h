// Writes what one run measured into the lab_* tables (analyzer/facts/schema.sql): rows, no judgement.
#pragma once

#include "analyzer/facts/database.h"
#include "harness/guest/process_agent.h"
#include "harness/guest/windows/event_gate.h"
#include "harness/guest/windows/machine_report.h"
#include "harness/lab/quarantine.h"
#include "harness/lab/recovery_watch.h"
#include "harness/lab/write_prediction.h"
#include "harness/monitor/counter.h"
#include "harness/monitor/latency.h"
#include "harness/monitor/slope.h"
#include "harness/roles/exchange_tally.h"

#include <functional>
#include <set>

namespace hotgate::harness {

// restarted: from the update's image, after the patch was taken out.
enum class Phase { control, patched, undone, restarted };
enum class Step { restore, health, smoke, witness, soak, apply, verify, undo, restart, frames };
enum class StepOutcome { ok, failed, labFault };
[[nodiscard]] std::string_view phaseName(Phase phase);
[[nodiscard]] std::string_view stepName(Step step);

class LabRecords {
public:
  static Result<LabRecords> begin(facts::Database &facts, std::string_view role, std::string_view module,
                                  std::string_view provider);
  // completed: judgeable, also when the patched service ended the run. Writes the evidence row too.
  Result<> finishCompleted(std::string_view accelerator);
  // What was seen of the patch before the fault stays judgeable; that the run is incomplete, the step's row says
  // (HG903).
  Result<> finishLabFault(std::string_view accelerator, const std::string &reason);

  // Called once, at the first step that does not go well, answer that is missing or wrong, or process that is gone: the
  // guest is still as it was then.
  void onFirstFailure(std::function<void()> action) { onFirstFailure_ = std::move(action); }

  // Before the first step: what these exchanges show is not judged.
  Result<> quarantine(std::string_view role, const std::vector<QuarantinedExchange> &exchanges);
  // `fault`, which these exchanges gave, as far as it is to be judged.
  [[nodiscard]] std::string judgedFault(const ExchangeTallies &tallies, const std::string &fault) const;

  Result<> step(Phase phase, Step step, StepOutcome outcome, const std::string &text);
  Result<> probes(Phase phase, Step step, const ExchangeTallies &tallies, std::chrono::milliseconds deadline);
  Result<> witness(Phase phase, const std::string &seen, const std::string &text);
  Result<> process(Phase phase, Step step, const ServiceStatus &service, int64_t pid, const ProcessCounters &counters);
  // What became of the service after its process was missed. `answer`: nullopt when there was no process to ask, ""
  // when one rightly answered, else its fault.
  Result<> recovery(Phase phase, Step step, const RecoveryWatch &watch, const RecoveryLimits &limits, bool restarts,
                    const std::optional<std::string> &answer);
  Result<> sample(Phase phase, int64_t transactions, const ProcessCounters &counters);
  Result<> slope(Phase phase, Counter counter, const Slope &slope, size_t samples, int64_t transactions);
  Result<> growth(Counter counter, const Slope &slope); // patched minus control
  Result<> latency(std::string_view exchange, const LatencyShift &shift);
  Result<> frames(Phase phase, const std::vector<ThreadStack> &stacks);
  // offered: whether a scan offers the KB; nullopt: no scan was made.
  Result<> machine(Phase phase, const MachineReport &report, std::optional<bool> offered);
  // `known`: what they say, of the role.
  Result<> events(Phase phase, const std::vector<ServiceEvent> &events, const RoleEvents &known);
  Result<> bytes(std::string_view after, const PredictedWrite &write, const std::string &expected,
                 const std::string &found);

private:
  LabRecords(facts::Database &facts, int64_t runId) : facts_(facts), runId_(runId) {}
  template <class... Values> Result<> insert(std::string_view sql, const Values &...values);
  Result<> finish(std::string_view accelerator, std::string_view outcome, bool available, const std::string &reason);

  facts::Database &facts_;
  int64_t runId_;
  void failed();

  std::set<std::string> quarantined_;
  int64_t steps_ = 0;
  std::function<void()> onFirstFailure_;
  int64_t looks_ = 0;
  bool sawPatch_ = false; // a step failed with the patch applied, or the growth was measured
};

} // namespace hotgate::harness
