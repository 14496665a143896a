#include "harness/lab/loaded_apply.h"

#include <thread>

namespace hotgate::harness {

namespace {

constexpr std::chrono::milliseconds pollPause{10};
constexpr int attempts = 3;

} // namespace

bool namesLoaderStatus(const Error &error) { return error.place.find(", status 0x") != std::string::npos; }

Result<AppliedPatch> LoadedApply::run() {
  for (int attempt = 1;; ++attempt) {
    auto applied = tryOnce();
    const bool isHindered = !applied && guest_.wasRefused() && !namesLoaderStatus(applied.error());
    if (!isHindered || attempt == attempts || process_.isGone().value_or(false))
      return applied;
    std::this_thread::sleep_for(pause_);
  }
}

Result<AppliedPatch> LoadedApply::tryOnce() {
  const int64_t before = int64_t{2} * clients_; // requests before the apply begins, and after its end
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
    if (auto sent = guest_.beginApply(process_.pid()); !sent)
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
  HOTGATE_TRY(const SoakReport load, probe_.load(goesOn));
  add(load_.tallies, load.tallies);
  load_.labFault = load.labFault;
  load_.hung = load.hung;
  if (!begun)
    begin();
  for (; !outcome; std::this_thread::sleep_for(pollPause))
    ask();
  return *std::move(outcome);
}

} // namespace hotgate::harness
