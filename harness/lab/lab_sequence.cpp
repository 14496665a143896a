#include "harness/lab/lab_sequence.h"

namespace hotgate::harness {

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
  return journal_.finish(guest_.accelerator());
}

Result<Flow> LabSequence::restore() {
  journal_.announce(Phase::control, Step::restore);
  if (auto restored = guest_.restore(); !restored)
    return journal_.labFault(Phase::control, Step::restore, restored.error());
  auto probe = makeProbe_(guest_.link());
  if (!probe)
    return journal_.labFault(Phase::control, Step::restore, probe.error());
  probe_ = *std::move(probe);
  HOTGATE_STEP(machine_.recordState(Phase::control, Step::restore));
  return journal_.conclude(Phase::control, Step::restore, "the guest runs", "");
}

Result<Flow> LabSequence::health() {
  journal_.announce(Phase::control, Step::health);
  const auto started = guest_.startService();
  if (!started)
    return journal_.labFault(Phase::control, Step::health, started.error());
  HOTGATE_STEP(process_.adopt(Phase::control, Step::health, *started));
  const auto report = probe_->health();
  if (!report)
    return journal_.labFault(Phase::control, Step::health, report.error());
  HOTGATE_STEP(journal_.probes(Phase::control, Step::health, report->tallies, report->labFault));
  HOTGATE_STEP(process_.look(Phase::control, Step::health));
  return journal_.conclude(Phase::control, Step::health, "a client outside got a good answer",
                           journal_.records().judgedFault(report->tallies, report->fault));
}

Result<Flow> LabSequence::control() {
  HOTGATE_STEP(smoke(Phase::control));
  HOTGATE_STEP(witness(Phase::control, "vulnerable"));
  HOTGATE_STEP(soak(Phase::control));
  HOTGATE_STEP(machine_.recordEvents(Phase::control, Step::soak));
  return frames(Phase::control);
}

Result<Flow> LabSequence::patched() {
  HOTGATE_STEP(apply());
  HOTGATE_STEP(verify(Phase::patched));
  if (hungUnderApply_)
    return Flow::stop; // everything more that is asked would be waited for in vain
  HOTGATE_STEP(smoke(Phase::patched));
  HOTGATE_STEP(witness(Phase::patched, "fixed"));
  HOTGATE_STEP(soak(Phase::patched));
  HOTGATE_STEP(machine_.recordEvents(Phase::patched, Step::soak));
  return frames(Phase::patched);
}

Result<Flow> LabSequence::undone() {
  HOTGATE_STEP(undo());
  HOTGATE_STEP(verify(Phase::undone));
  HOTGATE_STEP(witness(Phase::undone, "vulnerable"));
  return smoke(Phase::undone);
}

Result<Flow> LabSequence::smoke(Phase phase) {
  journal_.announce(phase, Step::smoke);
  const auto report = probe_->smoke();
  if (!report)
    return journal_.labFault(phase, Step::smoke, report.error());
  HOTGATE_STEP(journal_.probes(phase, Step::smoke, report->tallies, report->labFault));
  HOTGATE_STEP(journal_.conclude(phase, Step::smoke, "every exchange was answered in time and rightly",
                                 journal_.records().judgedFault(report->tallies, report->fault)));
  return process_.look(phase, Step::smoke);
}

Result<Flow> LabSequence::witness(Phase phase, std::string_view wanted) {
  journal_.announce(phase, Step::witness);
  const auto report = probe_->witness();
  if (!report)
    return journal_.labFault(phase, Step::witness, report.error());
  HOTGATE_STEP(journal_.probes(phase, Step::witness, report->tallies));
  HOTGATE_CHECK(journal_.records().witness(phase, report->seen, report->text));
  const std::string seen = fmt::format("{}: {}", report->seen, report->text);
  HOTGATE_STEP(journal_.conclude(phase, Step::witness, seen,
                                 report->seen == wanted ? "" : fmt::format("expected {}, saw {}", wanted, seen)));
  return process_.look(phase, Step::witness);
}

Result<Flow> LabSequence::soak(Phase phase) {
  const auto sample = [&](int64_t transactions) -> Result<> {
    journal_.announce(phase, Step::soak, fmt::format(", {} of {} requests", transactions, config_.soak.requests));
    HOTGATE_TRY(const ProcessCounters counters, guest_.counters(process_.pid()));
    return counters.alive ? soaks_.sample(phase, transactions, counters) : process_.observeEnd();
  };
  auto report = probe_->soak(sample);
  if (!report)
    return journal_.labFault(phase, Step::soak, report.error());
  HOTGATE_STEP(journal_.probes(phase, Step::soak, report->tallies, report->labFault));
  HOTGATE_CHECK(soaks_.finish(phase, report->tallies));
  HOTGATE_STEP(
      journal_.conclude(phase, Step::soak, fmt::format("{} transactions", report->transactions),
                        report->hung ? report->fault : journal_.records().judgedFault(report->tallies, report->fault)));
  HOTGATE_STEP(process_.look(phase, Step::soak));
  return report->hung ? Flow::stop : Flow::goOn;
}

Result<Flow> LabSequence::frames(Phase phase) {
  journal_.announce(phase, Step::frames);
  const auto stacks = guest_.stacks(process_.pid());
  if (!stacks)
    return process_.refusedOrGone(phase, Step::frames, stacks.error());
  HOTGATE_CHECK(journal_.records().frames(phase, *stacks));
  return journal_.conclude(phase, Step::frames, fmt::format("{} threads", stacks->size()), "");
}

Result<Flow> LabSequence::apply() {
  journal_.announce(Phase::patched, Step::apply);
  LoadedApply apply(guest_, process_, *probe_, config_.soak.clients, role_.deadline);
  auto applied = apply.run();
  const SoakReport &load = apply.load();
  hungUnderApply_ = load.hung;
  HOTGATE_STEP(journal_.probes(Phase::patched, Step::apply, load.tallies, load.labFault));
  if (applied) {
    patch_ = *std::move(applied);
    // Lost requests are no failure to apply: they are in the probe's rows, and HG601 speaks of them.
    const std::string lost = firstFault(load.tallies);
    HOTGATE_STEP(journal_.conclude(
        Phase::patched, Step::apply,
        fmt::format("{} functions redirected{}{}", patch_.redirected.size(), lost.empty() ? "" : "; meanwhile, ", lost),
        ""));
    HOTGATE_STEP(machine_.recordState(Phase::patched, Step::apply));
    return process_.look(Phase::patched, Step::apply);
  }
  const Error &refusal = applied.error();
  if (!guest_.wasRefused() || !namesLoaderStatus(refusal))
    return process_.refusedOrGone(Phase::patched, Step::apply, refusal);
  HOTGATE_STEP(
      journal_.conclude(Phase::patched, Step::apply, "", fmt::format("{} ({})", refusal.reason, refusal.place)));
  HOTGATE_STEP(process_.look(Phase::patched, Step::apply));
  return Flow::stop; // there is no patched service to look at
}

Result<Flow> LabSequence::undo() {
  journal_.announce(Phase::undone, Step::undo);
  const auto undone = guest_.undo(process_.pid());
  if (!undone && !guest_.wasRefused())
    return journal_.labFault(Phase::undone, Step::undo, undone.error());
  HOTGATE_STEP(
      journal_.conclude(Phase::undone, Step::undo, "the patch was taken out", undone ? "" : undone.error().reason));
  if (undone && guest_.undoRestartsMachine()) {
    const auto service = guest_.startService();
    if (!service)
      return journal_.labFault(Phase::undone, Step::undo, service.error());
    HOTGATE_STEP(process_.adopt(Phase::undone, Step::undo, *service));
  }
  HOTGATE_STEP(process_.look(Phase::undone, Step::undo));
  return undone ? Flow::goOn : Flow::stop;
}

Result<Flow> LabSequence::restarted() {
  journal_.announce(Phase::restarted, Step::restart);
  const auto service = guest_.restartUpdated();
  if (!service && !guest_.wasRefused())
    return journal_.labFault(Phase::restarted, Step::restart, service.error());
  HOTGATE_STEP(journal_.conclude(Phase::restarted, Step::restart, "the update's image runs",
                                 service ? "" : service.error().reason));
  if (!service)
    return Flow::stop;
  HOTGATE_STEP(process_.adopt(Phase::restarted, Step::restart, *service));
  HOTGATE_STEP(machine_.recordState(Phase::restarted, Step::restart));
  HOTGATE_STEP(process_.look(Phase::restarted, Step::restart));
  HOTGATE_STEP(smoke(Phase::restarted));
  return witness(Phase::restarted, "fixed");
}

Result<std::string> LabSequence::verifyPlace(const PredictedWrite &write, bool afterApply) {
  // What the base holds is what the slot must have got; the patch image does not change it.
  Result<std::vector<uint8_t>> copied = std::vector<uint8_t>();
  if (write.value == PredictedWrite::Value::copied)
    copied = guest_.read(process_.pid(), write.targetRva, write.size);
  if (!copied && !guest_.wasRefused())
    return Failure(copied.error());
  const auto bytes = write.inHotpatch ? guest_.readPatch(process_.pid(), write.rva, write.size)
                                      : guest_.read(process_.pid(), write.rva, write.size);
  if (!bytes && !guest_.wasRefused())
    return Failure(bytes.error());
  const std::string found = bytes ? hexOf(*bytes) : "";
  const std::string expected =
      afterApply ? write.hexAfterApply(patch_, copied.value_or(std::vector<uint8_t>())) : write.before;
  HOTGATE_CHECK(journal_.records().bytes(afterApply ? "apply" : "undo", write, expected, found));
  if (found == expected)
    return std::string();
  return fmt::format("{} ({} RVA {:#x}) should hold {} and holds {}", write.name,
                     write.inHotpatch ? "hotpatch" : "base", write.place(), expected,
                     bytes ? found : "nothing that can be read: " + bytes.error().reason);
}

// Undo leaves the patch image where it is, with its slots: threads may be inside.
Result<Flow> LabSequence::verify(Phase phase) {
  journal_.announce(phase, Step::verify);
  const bool afterApply = phase == Phase::patched;
  std::string failure;
  size_t places = 0;
  for (const PredictedWrite &write : writes_) {
    if (write.inHotpatch && !afterApply)
      continue;
    const auto wrong = verifyPlace(write, afterApply);
    if (!wrong)
      return journal_.labFault(phase, Step::verify, wrong.error());
    ++places;
    if (failure.empty())
      failure = *wrong;
  }
  HOTGATE_STEP(journal_.conclude(phase, Step::verify, fmt::format("{} places as predicted", places), failure));
  return process_.look(phase, Step::verify);
}

} // namespace hotgate::harness
