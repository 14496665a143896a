#include "harness/lab/soak_comparison.h"

namespace hotgate::harness {

namespace {

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

Result<> SoakComparison::sample(Phase phase, int64_t transactions, const ProcessCounters &counters) {
  of(phase).samples.push_back({transactions, counters});
  return records_.sample(phase, transactions, counters);
}

Result<> SoakComparison::finish(Phase phase, ExchangeTallies tallies) {
  of(phase).tallies = std::move(tallies);
  for (const Counter counter : role_.counters)
    HOTGATE_CHECK(recordCounter(phase, counter));
  return phase == Phase::patched ? recordLatencies() : Result<>();
}

Result<> SoakComparison::recordCounter(Phase phase, Counter counter) {
  const std::vector<CounterSample> samples = warm(of(phase), counter);
  if (const auto slope = theilSen(samples))
    HOTGATE_CHECK(records_.slope(phase, counter, *slope, samples.size(),
                                 samples.back().transactions - samples.front().transactions));
  if (phase == Phase::patched)
    if (const auto grown = growth(warm(control_, counter), samples))
      HOTGATE_CHECK(records_.growth(counter, *grown));
  return {};
}

// Samples without the counter are left out; then the warm-up.
std::vector<CounterSample> SoakComparison::warm(const Soak &soak, Counter counter) const {
  std::vector<CounterSample> series;
  for (const CountedSample &sample : soak.samples)
    if (const auto value = valueOf(sample.counters, counter))
      series.push_back({sample.transactions, *value});
  const auto rest = afterWarmUp(series, role_.soak.warmUpPercent);
  return {rest.begin(), rest.end()};
}

Result<> SoakComparison::recordLatencies() {
  for (const auto &[exchange, patched] : patched_.tallies) {
    const auto control = control_.tallies.find(exchange);
    if (control == control_.tallies.end())
      continue;
    if (const auto shift = latencyShift(control->second.milliseconds, patched.milliseconds))
      HOTGATE_CHECK(records_.latency(exchange, *shift));
  }
  return {};
}

} // namespace hotgate::harness
