// Points in time after which an answer no longer counts. Everything that waits for a guest takes one.
#pragma once

#include <chrono>

namespace hotgate::harness {

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

[[nodiscard]] inline Deadline after(Clock::duration span) { return Clock::now() + span; }

// Milliseconds from now, rounded up and never negative: the argument of poll().
[[nodiscard]] inline int millisecondsUntil(Deadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return left < 0 ? 0 : static_cast<int>(left);
}

} // namespace hotgate::harness
