// The comparison of latencies: right on hand-worked ranks, silent on noise, sure of a shift, unmoved by outliers.
#include "harness/monitor/latency.h"

#include <cmath>
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace hotgate::harness {
namespace {

// Log-normal around `middle`, as service times are.
std::vector<double> answers(double middle, uint64_t seed, int count = 300) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> spread(std::log(middle), 0.4);
  std::vector<double> result;
  for (int i = 0; i < count; ++i)
    result.push_back(std::exp(spread(generator)));
  return result;
}

TEST(Latency, ShiftIsNoneWithFewAnswers) {
  EXPECT_FALSE(latencyShift(answers(5, 1, 19), answers(5, 2)));
  EXPECT_FALSE(latencyShift(answers(5, 1), answers(5, 2, 19)));
}

TEST(Latency, EffectCountsPairsAndTiesAreHalf) {
  std::vector<double> control(10, 1);
  control.insert(control.end(), 10, 2); // ten of 1, ten of 2
  const std::vector<double> patched(20, 2);
  const LatencyShift shift = latencyShift(control, patched).value();
  EXPECT_DOUBLE_EQ(shift.slower, 0.5 + 0.25); // half of the pairs slower, half tied
  EXPECT_DOUBLE_EQ(shift.controlMedian, 1.5);
  EXPECT_DOUBLE_EQ(shift.patchedMedian, 2);
  // U = 300, mean 200, 30 tied: variance 400 / 12 * (41 - (990 + 26970) / 1560).
  const double sigma = std::sqrt(400.0 / 12 * (41 - (10.0 * 99 + 30.0 * 899) / (40 * 39)));
  EXPECT_NEAR(shift.pValue, std::erfc(99.5 / sigma / std::sqrt(2.0)), 1e-12);
}

TEST(Latency, TheSameValueEverywhereIsNoShift) {
  const std::vector<double> same(50, 3);
  const LatencyShift shift = latencyShift(same, same).value();
  EXPECT_DOUBLE_EQ(shift.slower, 0.5);
  EXPECT_DOUBLE_EQ(shift.pValue, 1);
}

TEST(Latency, NoiseIsNoShiftIn200Seeds) {
  int sure = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const LatencyShift shift = latencyShift(answers(5, 2 * seed), answers(5, 2 * seed + 1)).value();
    sure += shift.pValue < 0.001 ? 1 : 0;
    EXPECT_NEAR(shift.slower, 0.5, 0.12) << "seed " << seed;
  }
  EXPECT_LE(sure, 1);
}

TEST(Latency, AShiftIsSeenAndItsDirectionToo) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const LatencyShift slower = latencyShift(answers(5, 2 * seed), answers(20, 2 * seed + 1)).value();
    EXPECT_GT(slower.slower, 0.95) << "seed " << seed;
    EXPECT_LT(slower.pValue, 1e-9) << "seed " << seed;
    const LatencyShift faster = latencyShift(answers(20, 2 * seed), answers(5, 2 * seed + 1)).value();
    EXPECT_LT(faster.slower, 0.05) << "seed " << seed;
  }
}

TEST(Latency, AFewVeryLateAnswersMoveNothing) {
  std::vector<double> patched = answers(5, 2);
  for (size_t i = 0; i < 10; ++i)
    patched[i * 30] = 4000;
  const LatencyShift shift = latencyShift(answers(5, 1), patched).value();
  EXPECT_NEAR(shift.slower, 0.5, 0.1);
  EXPECT_NEAR(shift.patchedMedian, 5, 0.7);
}

} // namespace
} // namespace hotgate::harness
