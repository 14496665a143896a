// A budget is spent once and for all, by time or by memory, and says by which.
#include "support/budget.h"

#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace hotgate {
namespace {

using namespace std::chrono_literals;

TEST(Budget, WithoutLimitsIsNeverSpent) {
  const Budget budget;
  EXPECT_FALSE(budget.isSpent());
  EXPECT_EQ(budget.reason(), "");
}

TEST(Budget, TimeIsSpentWhenItIsOver) {
  const Budget budget({50ms, UINT64_MAX});
  EXPECT_FALSE(budget.isSpent());
  std::this_thread::sleep_for(60ms);
  EXPECT_TRUE(budget.isSpent());
  EXPECT_EQ(budget.reason(), "the time budget of 0.05 s is spent");
}

TEST(Budget, MemoryIsSpentByWhatTheProcessHolds) {
  constexpr uint64_t limit = uint64_t{96} << 20;
  const Budget budget({1h, limit});
  EXPECT_FALSE(budget.isSpent());
  {
    const std::vector<char> held(limit + (limit >> 1), 'x');
    std::this_thread::sleep_for(30ms); // it does not look at every call
    EXPECT_TRUE(budget.isSpent());
    EXPECT_EQ(budget.reason(), "the memory budget of 96 MiB is spent");
    EXPECT_EQ(held.back(), 'x');
  }
  std::this_thread::sleep_for(30ms);
  EXPECT_TRUE(budget.isSpent()) << "what was left out while it was spent is not made good later";
}

TEST(Budget, IsOneForAllThreads) {
  const Budget budget({1ms, UINT64_MAX});
  std::this_thread::sleep_for(2ms);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&budget] { EXPECT_TRUE(budget.isSpent()); });
  for (std::thread &thread : threads)
    thread.join();
}

} // namespace
} // namespace hotgate
