// Whether answers come later than they did: two samples of latencies compared by rank (Mann-Whitney), which asks
// nothing of their distribution, so a few answers that waited for the host's scheduler move nothing.
//
// The p-value takes answers for independent, which those of one queue are not; so it is only a guard, and the effect
// is what a rule goes by. Ties count half; the variance is corrected for them.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace hotgate::harness {

struct LatencyShift {
  size_t controlAnswers = 0;
  size_t patchedAnswers = 0;
  double controlMedian = 0; // milliseconds
  double patchedMedian = 0;
  double slower = 0.5; // the effect: how likely a patched answer takes longer than a control one; 0.5 is no difference
  double pValue = 1;   // two-sided
};

inline constexpr size_t leastLatencies = 20; // on each side; below, the normal approximation is not one

// Milliseconds. nullopt with fewer answers.
std::optional<LatencyShift> latencyShift(std::span<const double> control, std::span<const double> patched);

} // namespace hotgate::harness
