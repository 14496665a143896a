// The call stacks of another process' threads: which functions each one is inside of, from the innermost outwards.
//
// Each thread is stopped for its own walk and goes on. The walk goes by the images' unwind data (dbghelp's
// StackWalk64), so it follows the return addresses that really will be used, and guesses nothing from what lies on the
// stack. Limits: x64; at most 64 frames of at most 512 threads; a walk ends where unwind data is missing.
#pragma once

#include "harness/agent/process.h"

namespace hotgate::harness::agent {

struct ThreadStack {
  uint32_t tid = 0;
  std::vector<uint64_t> addresses; // the next instruction; behind it return addresses
};

[[nodiscard]] Outcome<std::vector<ThreadStack>> threadStacks(const Process &process);

} // namespace hotgate::harness::agent
