// What one piece of work may cost: time and memory. The work asks between its steps, and once a budget is spent it
// stops where it stands and says so: an image that was made to be hard must cost a bounded time, and never a wrong
// answer.
//
// Not a hard limit: a step that has begun is ended. Steps are linear in the size of the image, so what comes after the
// end of the budget is short. Memory is what the process holds of its own (resident, without mapped files).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace hotgate {

struct BudgetLimits {
  std::chrono::milliseconds time{std::chrono::minutes(5)};
  uint64_t memory = uint64_t{4} << 30; // bytes
};

class Budget {
public:
  Budget() = default; // without limits
  explicit Budget(const BudgetLimits &limits);

  // Once true, always true. Thread-safe, and cheap enough to ask for every function.
  [[nodiscard]] bool isSpent() const;
  // "the time budget of 60 s is spent"; "" when it is not.
  [[nodiscard]] std::string reason() const;

private:
  using Clock = std::chrono::steady_clock;
  enum class Spent : uint8_t { nothing, time, memory };

  [[nodiscard]] bool isMemorySpent(Clock::time_point now) const;

  BudgetLimits limits_{std::chrono::milliseconds::max(), UINT64_MAX};
  Clock::time_point end_ = Clock::time_point::max();
  mutable std::atomic<Clock::rep> nextLook_ = 0; // at the memory, since the clock's epoch
  mutable std::atomic<Spent> spent_ = Spent::nothing;
};

} // namespace hotgate
