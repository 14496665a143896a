#include "harness/lab/lab_records.h"

#include <algorithm>
#include <array>
#include <map>

namespace hotgate::harness {
namespace {

std::string_view outcomeName(StepOutcome outcome) {
  constexpr std::array<std::string_view, 3> names{"ok", "failed", "lab-fault"};
  return names.at(static_cast<size_t>(outcome));
}

} // namespace

std::string_view phaseName(Phase phase) {
  constexpr std::array<std::string_view, 4> names{"control", "patched", "undone", "restarted"};
  return names.at(static_cast<size_t>(phase));
}

std::string_view stepName(Step step) {
  constexpr std::array<std::string_view, 10> names{"restore", "health", "smoke", "witness", "soak",
                                                   "apply",   "verify", "undo",  "restart", "frames"};
  return names.at(static_cast<size_t>(step));
}

template <class... Values> Result<> LabRecords::insert(std::string_view sql, const Values &...values) {
  HOTGATE_TRY(facts::Statement statement, facts_.prepare(sql));
  return statement.run(runId_, values...);
}

Result<LabRecords> LabRecords::begin(facts::Database &facts, std::string_view role, std::string_view module,
                                     std::string_view provider) {
  HOTGATE_TRY(facts::Statement statement,
              facts.prepare("INSERT INTO lab_run (role, module, provider, accelerator, outcome) "
                            "VALUES (?, ?, ?, '', 'interrupted')"));
  HOTGATE_CHECK(statement.run(role, module, provider));
  return LabRecords(facts, facts.lastInsertedId());
}

Result<> LabRecords::finish(std::string_view accelerator, std::string_view outcome, bool available,
                            const std::string &reason) {
  HOTGATE_CHECK(insert("UPDATE lab_run SET accelerator = ?2, outcome = ?3 WHERE run_id = ?1", accelerator, outcome));
  HOTGATE_TRY(facts::Statement evidence, facts_.prepare("INSERT OR REPLACE INTO evidence VALUES ('lab', '', ?, ?)"));
  return evidence.run(available ? 1 : 0, reason);
}

Result<> LabRecords::finishCompleted(std::string_view accelerator) {
  return finish(accelerator, "completed", true, "");
}

Result<> LabRecords::finishLabFault(std::string_view accelerator, const std::string &reason) {
  return finish(accelerator, "lab-fault", sawPatch_, "lab fault: " + reason);
}

void LabRecords::failed() {
  if (const auto action = std::exchange(onFirstFailure_, nullptr))
    action();
}

Result<> LabRecords::quarantine(std::string_view role, const std::vector<QuarantinedExchange> &exchanges) {
  for (const QuarantinedExchange &each : exchanges) {
    quarantined_.insert(each.exchange);
    const std::string until = dayText(each.expires);
    HOTGATE_CHECK(
        insert("INSERT INTO lab_quarantine VALUES (?, ?, ?, ?, ?)", each.exchange, until, each.reason, each.owner));
    HOTGATE_TRY(facts::Statement note, facts_.prepare("INSERT OR REPLACE INTO not_evaluated VALUES (?, ?)"));
    HOTGATE_CHECK(note.run(fmt::format("role {}: {}", role, each.exchange),
                           fmt::format("quarantined until {}: {} ({})", until, each.reason, each.owner)));
  }
  return {};
}

std::string LabRecords::judgedFault(const ExchangeTallies &tallies, const std::string &fault) const {
  if (fault.empty() || quarantined_.empty())
    return fault;
  ExchangeTallies judged = tallies;
  std::erase_if(judged, [this](const auto &each) { return quarantined_.contains(each.first); });
  return judged.size() == tallies.size() ? fault : firstFault(judged);
}

Result<> LabRecords::step(Phase phase, Step step, StepOutcome outcome, const std::string &text) {
  sawPatch_ = sawPatch_ || outcome == StepOutcome::failed;
  if (outcome != StepOutcome::ok)
    failed();
  return insert("INSERT INTO lab_step VALUES (?, ?, ?, ?, ?, ?)", ++steps_, phaseName(phase), stepName(step),
                outcomeName(outcome), text);
}

Result<> LabRecords::probes(Phase phase, Step step, const ExchangeTallies &tallies,
                            std::chrono::milliseconds deadline) {
  // Lost requests do not fail the step `apply`; to the guest's state they are a failure.
  if (std::ranges::any_of(tallies, [this](const auto &each) {
        return each.first != "witness" && !quarantined_.contains(each.first) &&
               (each.second.answered < each.second.sent || each.second.wrong > 0);
      }))
    failed();
  for (const auto &[exchange, tally] : tallies)
    HOTGATE_CHECK(insert("INSERT INTO lab_probe VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", phaseName(phase),
                         stepName(step), exchange, tally.sent, tally.answered, tally.late, tally.wrong,
                         tally.firstWrong, deadline.count(), tally.medianMilliseconds(), tally.worstMilliseconds()));
  return {};
}

Result<> LabRecords::witness(Phase phase, const std::string &seen, const std::string &text) {
  return insert("INSERT INTO lab_witness VALUES (?, ?, ?, ?)", phaseName(phase), seen, text);
}

Result<> LabRecords::process(Phase phase, Step step, const ServiceStatus &service, int64_t pid,
                             const ProcessCounters &counters) {
  if (!counters.alive)
    failed();
  return insert("INSERT INTO lab_process VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", ++looks_, phaseName(phase),
                stepName(step), counters.alive ? "running" : "exited", service.state, pid, counters.startTime,
                counters.exitCode);
}

Result<> LabRecords::recovery(Phase phase, Step step, const RecoveryWatch &watch, const RecoveryLimits &limits,
                              bool restarts, const std::optional<std::string> &answer) {
  for (size_t start = 0; start < watch.starts().size(); ++start)
    HOTGATE_CHECK(insert("INSERT INTO lab_restart VALUES (?, ?, ?, ?)", start + 1, watch.starts()[start].pid,
                         watch.starts()[start].startTime));
  return insert("INSERT INTO lab_recovery VALUES (?, ?, ?, ?, ?, ?, ?, ?)", phaseName(phase), stepName(step),
                watch.runs() ? "running" : "exited", watch.serviceState(), restarts ? 1 : 0, limits.untilStart.count(),
                answer);
}

Result<> LabRecords::sample(Phase phase, int64_t transactions, const ProcessCounters &counters) {
  return insert("INSERT INTO lab_sample VALUES (?, ?, ?, ?, ?, ?)", phaseName(phase), transactions,
                counters.privateBytes, counters.threads, counters.handles);
}

Result<> LabRecords::slope(Phase phase, Counter counter, const Slope &slope, size_t samples, int64_t transactions) {
  return insert("INSERT INTO lab_slope VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", phaseName(phase), counterName(counter),
                samples, transactions, slope.perTransaction, slope.low, slope.high, slopeConfidence);
}

Result<> LabRecords::growth(Counter counter, const Slope &slope) {
  sawPatch_ = true;
  return insert("INSERT INTO lab_growth VALUES (?, ?, ?, ?, ?, ?)", counterName(counter), slope.perTransaction,
                slope.low, slope.high, slopeConfidence);
}

Result<> LabRecords::latency(std::string_view exchange, const LatencyShift &shift) {
  return insert("INSERT INTO lab_latency VALUES (?, ?, ?, ?, ?, ?, ?, ?)", exchange, shift.controlAnswers,
                shift.patchedAnswers, shift.controlMedian, shift.patchedMedian, shift.slower, shift.pValue);
}

Result<> LabRecords::frames(Phase phase, const std::vector<ThreadStack> &stacks) {
  for (const ThreadStack &stack : stacks)
    for (size_t depth = 0; depth < stack.frames.size(); ++depth)
      HOTGATE_CHECK(insert("INSERT OR REPLACE INTO lab_frame VALUES (?, ?, ?, ?, ?, ?)", phaseName(phase), stack.thread,
                           depth, stack.frames[depth].module, stack.frames[depth].rva));
  return {};
}

Result<> LabRecords::machine(Phase phase, const MachineReport &report, std::optional<bool> offered) {
  std::string pending;
  for (const std::string &reason : report.pendingRestart)
    pending += (pending.empty() ? "" : ", ") + reason;
  const Enrolment enrolment = report.enrolment.value_or(Enrolment{});
  std::optional<int64_t> status;
  std::optional<int64_t> flags;
  if (report.hotPatchSwitch) {
    status = report.hotPatchSwitch->status;
    flags = report.hotPatchSwitch->flags;
  }
  return insert("INSERT INTO lab_machine VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", phaseName(phase), report.build,
                report.revision, enrolment.name, enrolment.version, status, flags, pending,
                offered ? std::optional<int64_t>(*offered ? 1 : 0) : std::nullopt);
}

Result<> LabRecords::events(Phase phase, const std::vector<ServiceEvent> &events, const RoleEvents &known) {
  struct Seen {
    int64_t level = 0;
    int64_t count = 0;
  };
  std::map<int64_t, Seen> byId;
  for (const ServiceEvent &event : events) {
    Seen &seen = byId[event.id];
    seen.level = seen.count == 0 ? event.level : std::min(seen.level, event.level);
    ++seen.count;
  }
  for (const auto &[id, seen] : byId)
    HOTGATE_CHECK(insert("INSERT INTO lab_event VALUES (?, ?, ?, ?, ?, ?, ?)", phaseName(phase), id,
                         eventKindName(eventKind(known, id)), eventMeaning(known, id), seen.level, seen.count));
  return {};
}

Result<> LabRecords::bytes(std::string_view after, const PredictedWrite &write, const std::string &expected,
                           const std::string &found) {
  return insert("INSERT INTO lab_bytes VALUES (?, ?, ?, ?, ?, ?, ?)", after, write.place(), write.name, expected, found,
                write.inHotpatch ? "hotpatch" : "pre");
}

} // namespace hotgate::harness
