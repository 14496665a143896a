// Method: H. B. Mann, D. R. Whitney, "On a test of whether one of two random variables is stochastically larger than
// the other" (1947), normal approximation with continuity correction.
#include "harness/monitor/latency.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace hotgate::harness {
namespace {

struct Answer {
  double milliseconds = 0;
  bool isPatched = false;
};

struct Ranks {
  double patchedSum = 0;
  double ties = 0; // sum of t^3 - t over groups of t equal values
};

// Equal values share the mean of their ranks.
Ranks rank(std::vector<Answer> &answers) {
  std::ranges::sort(answers, {}, &Answer::milliseconds);
  Ranks ranks;
  for (size_t begin = 0; begin < answers.size();) {
    size_t end = begin;
    size_t patched = 0;
    for (; end < answers.size() && answers[end].milliseconds == answers[begin].milliseconds; ++end)
      patched += answers[end].isPatched ? 1 : 0;
    const auto equal = static_cast<double>(end - begin);
    ranks.patchedSum += static_cast<double>(patched) * static_cast<double>(begin + end + 1) / 2;
    ranks.ties += equal * equal * equal - equal;
    begin = end;
  }
  return ranks;
}

double median(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  const size_t middle = sorted.size() / 2;
  return sorted.size() % 2 != 0 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

} // namespace

std::optional<LatencyShift> latencyShift(std::span<const double> control, std::span<const double> patched) {
  if (control.size() < leastLatencies || patched.size() < leastLatencies)
    return std::nullopt;
  std::vector<Answer> answers;
  answers.reserve(control.size() + patched.size());
  for (const double milliseconds : control)
    answers.push_back({milliseconds, false});
  for (const double milliseconds : patched)
    answers.push_back({milliseconds, true});
  const Ranks ranks = rank(answers);

  const auto m = static_cast<double>(control.size());
  const auto n = static_cast<double>(patched.size());
  const double u = ranks.patchedSum - n * (n + 1) / 2; // pairs in which the patched answer is the later one
  const double total = m + n;
  const double variance = m * n / 12 * (total + 1 - ranks.ties / (total * (total - 1)));
  const double distance = std::max(0.0, std::abs(u - m * n / 2) - 0.5);
  const double p = variance > 0 ? std::erfc(distance / std::sqrt(2 * variance)) : 1;
  return LatencyShift{control.size(), patched.size(), median(control), median(patched), u / (m * n), p};
}

} // namespace hotgate::harness
