// Variables that new code needs more strictly aligned than they stand in the running process.
//
// A variable stays where the base has it. `movaps xmm0, [g_key]` faults when that address is no multiple of 16, though
// the update's linker put it on one. CodeView does not say how a type is aligned, so what counts is what the code of
// changed and added functions does. Limits: x64 and x86; ARM64 reads at any address but for exclusive accesses.
#pragma once

#include "analyzer/diff/function_diff.h"

#include <string>
#include <vector>

namespace hotgate::analyzer {

struct AlignmentNeed {
  DatumIndex pre = 0;         // the variable
  FunctionIndex function = 0; // of the post image
  uint32_t site = 0;          // RVA of the instruction there
  uint32_t baseRva = 0;       // what it would use in the base
  uint32_t bytes = 0;         // the multiple that it has to be of
  std::string text;           // of the instruction
};

// By function, then site. Errors: fault, when no decoder can be had.
[[nodiscard]] Result<std::vector<AlignmentNeed>> alignmentNeeds(const Referents &referents,
                                                                const std::vector<FunctionDifference> &functions);

} // namespace hotgate::analyzer
