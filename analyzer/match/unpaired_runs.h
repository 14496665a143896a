// Where address order says something: a linker keeps the order of adjacent builds, so what lies unpaired between two
// sure neighbours on one side belongs to what lies unpaired between their partners on the other.
#pragma once

#include "analyzer/match/pairing.h"

#include <vector>

namespace hotgate::analyzer {

struct UnpairedRun {
  std::vector<FunctionIndex> pre, post; // by address, both not empty
};

// By pre address. A run whose neighbours' partners changed their order, or do not enclose anything, is left out.
[[nodiscard]] std::vector<UnpairedRun> unpairedRuns(const PairList &functions);

} // namespace hotgate::analyzer
