// Two different bodies, aligned for people: side by side, and the reasons in words.
//
// The alignment is the longest common subsequence of instructions, where two instructions are equal when their bytes
// are, references masked, and their references mean the same. It explains a difference that function_diff.h has
// proved; it never decides whether there is one.
#pragma once

#include "analyzer/diff/function_diff.h"

namespace hotgate::analyzer {

struct BodyAlignment {
  std::set<std::string> reasons; // "immediate", "callee", "code added", ...
  std::vector<ListingRow> listing;
};

BodyAlignment alignBodies(const Referents &referents, Decoder &decoder, const Function &pre, const Function &post);

} // namespace hotgate::analyzer
