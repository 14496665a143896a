#include "harness/lab/lab_sequence.h"

#include <thread>

namespace hotgate::harness {

namespace {

constexpr std::chrono::milliseconds pollPause{10};

// Windows' own loader would refuse the patch with this NTSTATUS: the patch is the reason. A refusal without one (a
// thread in the way, a handle that could not be had) says nothing about it.
bool namesLoaderStatus(const Error &error) { return error.place.find(", status 0x") != std::string::npos; }

std::optional<int64_t> valueOf(const ProcessCounters &counters, Counter counter) {
  switch (counter) {
  case Counter::privateBytes:
    return counters.privateBytes;
  case Counter::threads:
    return counters.threads;
  case Counter::handles:
    return counters.handles;
  }
  return std::nullopt;
}

} // namespace

// HOTGATE_STEP(smoke(phase)); leaves the caller when the run ends here or the facts cannot be written.
#define HOTGATE_STEP(expression) \
  do { \
    HOTGATE_TRY(const Flow hotgateFlow, expression); \
    if (hotgateFlow == Flow::stop) \
      return Flow::stop; \
  } while (false)

Result<> LabSequence::run() {
  const auto steps = [this]() -> Result<Flow> {
    HOTGATE_STEP(restore());
    HOTGATE_STEP(health());
    HOTGATE_STEP(control());
    HOTGATE_STEP(patched());
    HOTGATE_STEP(undone());
    return restarted();
  };
  HOTGATE_CHECK(steps());
  return labFault_ ? records_.finishLabFault(guest_.accelerator(), *labFault_)
                   : records_.finishCompleted(guest_.accelerator());
}

void LabSequence::announce(Phase phase, Step step, const std::string &detail) {
  progress_(fmt::format("{}: {}{}", phaseName(phase), stepName(step), detail));
}

Result<LabSequence::Flow> LabSequence::labFault(Phase phase, Step step, const Error &error) {
  if (error.kind != ErrorKind::fault)
    return Failure(error);
  labFault_ = fmt::format("{} ({}): {}", stepName(step), phaseName(phase), error.message());
  HOTGATE_CHECK(records_.step(phase, step, StepOutcome::labFault, error.message()));
  return Flow::stop;
}

Result<LabSequence::Flow> LabSequence::conclude(Phase phase, Step step, const std::string &success,
                                                const std::string &failure) {
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

Result<LabSequence::Flow> LabSequence::look(Phase phase, Step step) {
  const auto service = guest_.queryService();
  if (!service)
    return labFault(phase, step, service.error());
  // A service that has no process any more: the process that it had is looked at.
  const int64_t pid = service->pid != 0 ? service->pid : pid_;
  const auto counters = guest_.counters(pid);
  if (!counters)
    return labFault(phase, step, counters.error());
  HOTGATE_CHECK(records_.process(phase, step, *service, pid, *counters));
  const bool isTheSame = counters->alive && pid == pid_ && counters->startTime == startTime_;
  if (isTheSame)
    return Flow::goOn;
  if (phase == Phase::control)
    return labFault(phase, step,
                    Error{ErrorKind::fault, "unpatched service", std::string(stepName(step)),
                          "its process ended or was replaced", "make the base pass before its patch is judged"});
  return Flow::stop;
}

Result<LabSequence::Flow> LabSequence::restore() {
  announce(Phase::control, Step::restore);
  if (auto restored = guest_.restore(); !restored)
    return labFault(Phase::control, Step::restore, restored.error());
  auto probe = makeProbe_(guest_.link());
  if (!probe)
    return labFault(Phase::control, Step::restore, probe.error());
  probe_ = *std::move(probe);
  return conclude(Phase::control, Step::restore, "the guest runs", "");
}

Result<LabSequence::Flow> LabSequence::health() {
  announce(Phase::control, Step::health);
  const auto started = guest_.startService();
  if (!started)
    return labFault(Phase::control, Step::health, started.error());
  pid_ = started->pid;
  const auto counters = guest_.counters(pid_);
  if (!counters)
    return labFault(Phase::control, Step::health, counters.error());
  startTime_ = counters->startTime;
  const auto report = probe_->health();
  if (!report)
    return labFault(Phase::control, Step::health, report.error());
  HOTGATE_CHECK(records_.probes(Phase::control, Step::health, report->tallies, role_.deadline));
  HOTGATE_STEP(look(Phase::control, Step::health));
  return conclude(Phase::control, Step::health, "a client outside got a good answer", report->fault);
}

Result<LabSequence::Flow> LabSequence::control() {
  HOTGATE_STEP(smoke(Phase::control));
  HOTGATE_STEP(witness(Phase::control, "vulnerable"));
  HOTGATE_STEP(soak(Phase::control));
  return frames(Phase::control);
}

Result<LabSequence::Flow> LabSequence::patched() {
  HOTGATE_STEP(apply());
  HOTGATE_STEP(verify(Phase::patched));
  if (hungUnderApply_)
    return Flow::stop; // everything more that is asked would be waited for in vain
  HOTGATE_STEP(smoke(Phase::patched));
  HOTGATE_STEP(witness(Phase::patched, "fixed"));
  HOTGATE_STEP(soak(Phase::patched));
  return frames(Phase::patched);
}

Result<LabSequence::Flow> LabSequence::undone() {
  HOTGATE_STEP(undo());
  HOTGATE_STEP(verify(Phase::undone));
  HOTGATE_STEP(witness(Phase::undone, "vulnerable"));
  return smoke(Phase::undone);
}

Result<LabSequence::Flow> LabSequence::smoke(Phase phase) {
  announce(phase, Step::smoke);
  const auto report = probe_->smoke();
  if (!report)
    return labFault(phase, Step::smoke, report.error());
  HOTGATE_CHECK(records_.probes(phase, Step::smoke, report->tallies, role_.deadline));
  HOTGATE_STEP(conclude(phase, Step::smoke, "every exchange was answered in time and rightly", report->fault));
  return look(phase, Step::smoke);
}

Result<LabSequence::Flow> LabSequence::witness(Phase phase, std::string_view wanted) {
  announce(phase, Step::witness);
  const auto report = probe_->witness();
  if (!report)
    return labFault(phase, Step::witness, report.error());
  HOTGATE_CHECK(records_.probes(phase, Step::witness, report->tallies, role_.deadline));
  HOTGATE_CHECK(records_.witness(phase, report->seen, report->text));
  const std::string seen = fmt::format("{}: {}", report->seen, report->text);
  HOTGATE_STEP(conclude(phase, Step::witness, seen,
                        report->seen == wanted ? "" : fmt::format("expected {}, saw {}", wanted, seen)));
  return look(phase, Step::witness);
}

Result<LabSequence::Flow> LabSequence::soak(Phase phase) {
  Soak &soak = phase == Phase::control ? controlSoak_ : patchedSoak_;
  const auto sample = [&](int64_t transactions) -> Result<> {
    announce(phase, Step::soak, fmt::format(", {} of {} requests", transactions, config_.soak.requests));
    HOTGATE_TRY(const ProcessCounters counters, guest_.counters(pid_));
    if (!counters.alive)
      return {}; // the look after the soak records that
    soak.samples.push_back({transactions, counters});
    return records_.sample(phase, transactions, counters);
  };
  auto report = probe_->soak(sample);
  if (!report)
    return labFault(phase, Step::soak, report.error());
  HOTGATE_CHECK(records_.probes(phase, Step::soak, report->tallies, role_.deadline));
  soak.tallies = std::move(report->tallies);
  for (const Counter counter : {Counter::privateBytes, Counter::threads, Counter::handles})
    HOTGATE_CHECK(recordCounter(phase, counter));
  if (phase == Phase::patched)
    HOTGATE_CHECK(recordLatencies());
  HOTGATE_STEP(conclude(phase, Step::soak, fmt::format("{} transactions", report->transactions), report->fault));
  HOTGATE_STEP(look(phase, Step::soak));
  return report->hung ? Flow::stop : Flow::goOn;
}

Result<LabSequence::Flow> LabSequence::frames(Phase phase) {
  announce(phase, Step::frames);
  const auto stacks = guest_.stacks(pid_);
  if (!stacks)
    return labFault(phase, Step::frames, stacks.error());
  HOTGATE_CHECK(records_.frames(phase, *stacks));
  return conclude(phase, Step::frames, fmt::format("{} threads", stacks->size()), "");
}

Result<> LabSequence::recordCounter(Phase phase, Counter counter) {
  const std::vector<CounterSample> control = warm(controlSoak_.samples, counter);
  const std::vector<CounterSample> patched = warm(patchedSoak_.samples, counter);
  const std::vector<CounterSample> &samples = phase == Phase::control ? control : patched;
  if (const auto slope = theilSen(samples))
    HOTGATE_CHECK(records_.slope(phase, counter, *slope, samples.size(),
                                 samples.back().transactions - samples.front().transactions));
  if (phase == Phase::patched)
    if (const auto grown = growth(control, patched))
      HOTGATE_CHECK(records_.growth(counter, *grown));
  return {};
}

// Samples without the counter are left out; then the warm-up.
std::vector<CounterSample> LabSequence::warm(const std::vector<CountedSample> &samples, Counter counter) const {
  std::vector<CounterSample> series;
  for (const CountedSample &sample : samples)
    if (const auto value = valueOf(sample.counters, counter))
      series.push_back({sample.transactions, *value});
  const auto rest = afterWarmUp(series, role_.soak.warmUpPercent);
  return {rest.begin(), rest.end()};
}

Result<> LabSequence::recordLatencies() {
  for (const auto &[exchange, patched] : patchedSoak_.tallies) {
    const auto control = controlSoak_.tallies.find(exchange);
    if (control == controlSoak_.tallies.end())
      continue;
    if (const auto shift = latencyShift(control->second.milliseconds, patched.milliseconds))
      HOTGATE_CHECK(records_.latency(exchange, *shift));
  }
  return {};
}

// Old and new code run side by side from here on, under the requests that are in flight.
Result<AppliedPatch> LabSequence::applyUnderLoad() {
  const int64_t before = int64_t{2} * config_.soak.clients; // requests before the apply begins, and after its end
  std::optional<Result<AppliedPatch>> outcome;
  bool begun = false;
  int64_t end = INT64_MAX;
  const auto ask = [&] {
    auto patch = guest_.appliedYet();
    if (!patch)
      outcome = Failure(std::move(patch).error());
    else if (*patch)
      outcome = **std::move(patch);
  };
  const auto begin = [&] {
    begun = true;
    if (auto sent = guest_.beginApply(pid_); !sent)
      outcome = Failure(std::move(sent).error());
  };
  const auto goesOn = [&](int64_t requests) -> Result<bool> {
    if (!begun && requests >= before)
      begin();
    else if (begun && !outcome)
      ask();
    if (outcome && end == INT64_MAX)
      end = requests + before;
    return requests < end;
  };
  HOTGATE_TRY(const SoakReport load, probe_->load(goesOn));
  add(underApply_, load.tallies);
  hungUnderApply_ = load.hung;
  if (!begun)
    begin();
  for (; !outcome; std::this_thread::sleep_for(pollPause))
    ask();
  return *std::move(outcome);
}

Result<AppliedPatch> LabSequence::tryToApply() {
  constexpr int attempts = 3;
  for (int attempt = 1;; ++attempt) {
    auto applied = applyUnderLoad();
    if (applied || !guest_.wasRefused() || namesLoaderStatus(applied.error()) || attempt == attempts)
      return applied;
    std::this_thread::sleep_for(role_.deadline);
  }
}

Result<LabSequence::Flow> LabSequence::apply() {
  announce(Phase::patched, Step::apply);
  auto applied = tryToApply();
  HOTGATE_CHECK(records_.probes(Phase::patched, Step::apply, underApply_, role_.deadline));
  if (applied) {
    patch_ = *std::move(applied);
    // Lost requests are no failure to apply: they are in the probe's rows, and HG601 speaks of them.
    const std::string lost = firstFault(underApply_);
    HOTGATE_STEP(conclude(
        Phase::patched, Step::apply,
        fmt::format("{} functions redirected{}{}", patch_.redirected.size(), lost.empty() ? "" : "; meanwhile, ", lost),
        ""));
    return look(Phase::patched, Step::apply);
  }
  const Error &refusal = applied.error();
  if (!guest_.wasRefused() || !namesLoaderStatus(refusal))
    return labFault(Phase::patched, Step::apply, refusal);
  HOTGATE_STEP(conclude(Phase::patched, Step::apply, "", fmt::format("{} ({})", refusal.reason, refusal.place)));
  HOTGATE_STEP(look(Phase::patched, Step::apply));
  return Flow::stop; // there is no patched service to look at
}

Result<LabSequence::Flow> LabSequence::undo() {
  announce(Phase::undone, Step::undo);
  const auto undone = guest_.undo(pid_);
  if (!undone && !guest_.wasRefused())
    return labFault(Phase::undone, Step::undo, undone.error());
  HOTGATE_STEP(conclude(Phase::undone, Step::undo, "the patch was taken out", undone ? "" : undone.error().reason));
  HOTGATE_STEP(look(Phase::undone, Step::undo));
  return undone ? Flow::goOn : Flow::stop;
}

Result<LabSequence::Flow> LabSequence::restarted() {
  announce(Phase::restarted, Step::restart);
  const auto service = guest_.restartUpdated();
  if (!service && !guest_.wasRefused())
    return labFault(Phase::restarted, Step::restart, service.error());
  HOTGATE_STEP(
      conclude(Phase::restarted, Step::restart, "the update's image runs", service ? "" : service.error().reason));
  if (!service)
    return Flow::stop;
  pid_ = service->pid;
  const auto counters = guest_.counters(pid_);
  if (!counters)
    return labFault(Phase::restarted, Step::restart, counters.error());
  startTime_ = counters->startTime;
  HOTGATE_STEP(look(Phase::restarted, Step::restart));
  HOTGATE_STEP(smoke(Phase::restarted));
  return witness(Phase::restarted, "fixed");
}

Result<std::string> LabSequence::verifyPlace(const PredictedWrite &write, bool afterApply) {
  // What the base holds is what the slot must have got; the patch image does not change it.
  Result<std::vector<uint8_t>> copied = std::vector<uint8_t>();
  if (write.value == PredictedWrite::Value::copied)
    copied = guest_.read(pid_, write.targetRva, write.size);
  if (!copied && !guest_.wasRefused())
    return Failure(copied.error());
  const auto bytes =
      write.inHotpatch ? guest_.readPatch(pid_, write.rva, write.size) : guest_.read(pid_, write.rva, write.size);
  if (!bytes && !guest_.wasRefused())
    return Failure(bytes.error());
  const std::string found = bytes ? hexOf(*bytes) : "";
  const std::string expected =
      afterApply ? write.hexAfterApply(patch_, copied.value_or(std::vector<uint8_t>())) : write.before;
  HOTGATE_CHECK(records_.bytes(afterApply ? "apply" : "undo", write, expected, found));
  if (found == expected)
    return std::string();
  return fmt::format("{} ({} RVA {:#x}) should hold {} and holds {}", write.name,
                     write.inHotpatch ? "hotpatch" : "base", write.place(), expected,
                     bytes ? found : "nothing that can be read: " + bytes.error().reason);
}

// Undo leaves the patch image where it is, with its slots: threads may be inside.
Result<LabSequence::Flow> LabSequence::verify(Phase phase) {
  announce(phase, Step::verify);
  const bool afterApply = phase == Phase::patched;
  std::string failure;
  size_t places = 0;
  for (const PredictedWrite &write : writes_) {
    if (write.inHotpatch && !afterApply)
      continue;
    const auto wrong = verifyPlace(write, afterApply);
    if (!wrong)
      return labFault(phase, Step::verify, wrong.error());
    ++places;
    if (failure.empty())
      failure = *wrong;
  }
  HOTGATE_STEP(conclude(phase, Step::verify, fmt::format("{} places as predicted", places), failure));
  return look(phase, Step::verify);
}

} // namespace hotgate::harness
