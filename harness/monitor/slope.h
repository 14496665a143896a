// How fast a counter of the process (private bytes, threads, handles) grows with each transaction: the Theil-Sen slope
// (median of the slopes of all pairs of samples), which a step or an outlier does not move, with a bootstrap interval.
// Patched against the control of the same run, since any server grows while its caches fill.
//
// Deterministic: the resampling has a fixed seed and its own draw, so the same samples give the same interval.
// Method: P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau" (1968); percentile bootstrap
// over samples.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace hotgate::harness {

struct CounterSample {
  int64_t transactions = 0;
  int64_t value = 0;
};

struct Slope {
  double perTransaction = 0;
  double low = 0; // of the interval
  double high = 0;
};

// Of the intervals. A rule asks whether one is above zero; a run must not raise that alarm by chance.
inline constexpr double slopeConfidence = 0.999;
inline constexpr size_t leastSlopeSamples = 8;

// The samples behind the warm-up: the first `percent` of them are left out.
std::span<const CounterSample> afterWarmUp(std::span<const CounterSample> samples, int percent);

// nullopt with fewer than leastSlopeSamples samples.
std::optional<Slope> theilSen(std::span<const CounterSample> samples);
// Slope of patched minus slope of control.
std::optional<Slope> growth(std::span<const CounterSample> control, std::span<const CounterSample> patched);

} // namespace hotgate::harness
