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

// Why a row differs, and what shows it: the two referents ("Helper", "Other"), a constant's contents, or else both
// instructions.
struct RowDifference {
  std::string reason;
  std::string pre;
  std::string post;
};

struct ExplainedRow {
  ListingRow row;
  std::vector<RowDifference> differences; // empty in a row that is the same
};

// Both bodies from end to end; nothing when one is too large to align.
std::vector<ExplainedRow> explainBodies(const Referents &referents, Decoder &decoder, const Function &pre,
                                        const Function &post);

} // namespace hotgate::analyzer
