// Limits: quadratic in the number of samples for each resampling; a run has some dozen.
#include "harness/monitor/slope.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace hotgate::harness {
namespace {

constexpr int resamplings = 2000;

double median(std::vector<double> &values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 != 0)
    return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

double pairSlope(const CounterSample &left, const CounterSample &right) {
  return static_cast<double>(right.value - left.value) / static_cast<double>(right.transactions - left.transactions);
}

// Pairs of one sample with itself (resampling draws them) say nothing and are left out.
double medianPairSlope(std::span<const CounterSample> samples, std::vector<double> &slopes) {
  slopes.clear();
  for (size_t left = 0; left < samples.size(); ++left)
    for (size_t right = left + 1; right < samples.size(); ++right)
      if (samples[left].transactions != samples[right].transactions)
        slopes.push_back(pairSlope(samples[left], samples[right]));
  return slopes.empty() ? 0 : median(slopes);
}

// std::uniform_int_distribution may differ between libraries; a fixed multiplication does not.
size_t draw(std::mt19937_64 &generator, size_t count) {
  return static_cast<size_t>((generator() >> 32U) * count >> 32U);
}

// Threads, most often: nothing to resample.
bool isConstant(std::span<const CounterSample> samples) {
  return std::ranges::all_of(samples, [&](const CounterSample &each) { return each.value == samples.front().value; });
}

std::vector<double> bootstrap(std::span<const CounterSample> samples, uint64_t seed) {
  if (isConstant(samples))
    return std::vector<double>(resamplings, 0);
  std::mt19937_64 generator(seed);
  std::vector<CounterSample> drawn(samples.size());
  std::vector<double> scratch;
  std::vector<double> slopes;
  for (int round = 0; round < resamplings; ++round) {
    for (CounterSample &sample : drawn)
      sample = samples[draw(generator, samples.size())];
    slopes.push_back(medianPairSlope(drawn, scratch));
  }
  return slopes;
}

Slope withInterval(double slope, std::vector<double> resampled) {
  std::sort(resampled.begin(), resampled.end());
  const double tail = (1 - slopeConfidence) / 2 * static_cast<double>(resampled.size() - 1);
  return {slope, resampled[static_cast<size_t>(std::floor(tail))],
          resampled[resampled.size() - 1 - static_cast<size_t>(std::floor(tail))]};
}

double pointSlope(std::span<const CounterSample> samples) {
  std::vector<double> scratch;
  return medianPairSlope(samples, scratch);
}

} // namespace

std::span<const CounterSample> afterWarmUp(std::span<const CounterSample> samples, int percent) {
  return samples.subspan(samples.size() * static_cast<size_t>(percent) / 100);
}

std::optional<Slope> theilSen(std::span<const CounterSample> samples) {
  if (samples.size() < leastSlopeSamples)
    return std::nullopt;
  return withInterval(pointSlope(samples), bootstrap(samples, 1));
}

std::optional<Slope> growth(std::span<const CounterSample> control, std::span<const CounterSample> patched) {
  if (control.size() < leastSlopeSamples || patched.size() < leastSlopeSamples)
    return std::nullopt;
  // Seeds of their own: the two sides are drawn independently of each other.
  std::vector<double> difference = bootstrap(patched, 1);
  const std::vector<double> controlSlopes = bootstrap(control, 2);
  for (size_t round = 0; round < difference.size(); ++round)
    difference[round] -= controlSlopes[round];
  return withInterval(pointSlope(patched) - pointSlope(control), std::move(difference));
}

} // namespace hotgate::harness
