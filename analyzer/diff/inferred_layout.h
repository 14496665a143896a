// Layout changes that show without types: in paired functions the displacements behind non-stack pointers move
// consistently (+0x48 -> +0x50 from some offset on), and the sizes that are allocated, filled and stepped over grow by
// the same amount.
//
// Looks at code only, never at types, also where a PDB has them. It says what the code shows, with the sites, and not
// which type it is. One displacement that became another at one place is no layout change: a code edit that uses
// another member looks the same. So each kind needs sites that agree (inferred_layout.cpp has the thresholds), and
// sites that contradict each other count against it.
//
// Not seen: a member that only one instruction reaches; globals that code names one by one; a type that grows at its
// end and is neither allocated nor an element of an array; bodies of more than 64 KiB.
#pragma once

#include "analyzer/diff/displacement_shift.h"
#include "analyzer/diff/function_diff.h"
#include "support/budget.h"

#include <optional>
#include <string_view>
#include <vector>

namespace hotgate::analyzer {

enum class LayoutChangeKind : uint8_t {
  inserted,  // members from `start` on moved up
  removed,   // they moved down
  widened,   // they moved up, and the member in front of them is accessed wider
  reordered, // members changed places
  grown,     // sizes only
  shrunk,    //
  bitField,  // masks and shifts of one place
};
[[nodiscard]] std::string_view layoutChangeKindName(LayoutChangeKind kind);

enum class LayoutConfidence : uint8_t { low, medium, high };
[[nodiscard]] std::string_view layoutConfidenceName(LayoutConfidence confidence);

struct InferredLayout {
  LayoutChangeKind kind = LayoutChangeKind::inserted;
  LayoutConfidence confidence = LayoutConfidence::low;
  std::optional<int64_t>
      start;                 // the first displacement that is another now, or whose bits are; none when only sizes are
  int64_t delta = 0;         // how far most members moved, or how much sizes grew; 0 when members changed places
  size_t functionCount = 0;  // with any of the evidence
  size_t siteCount = 0;      // instructions whose displacement moved, or whose access is wider
  size_t contradictions = 0; // displacements that moved at some sites and stayed at others
  // The first of each.
  std::vector<FunctionIndex> functions; // of the pre image
  std::vector<DisplacementSite> sites;
  std::vector<SizeSite> sizes;
  size_t sizeCount = 0;
  std::vector<BitSite> bits;
  size_t bitCount = 0;
};

struct InferredLayouts {
  std::vector<InferredLayout> layouts;
  size_t notRead = 0; // changed pairs that a spent budget left out
};

// From the pairs that `functions` calls changed. Errors: fault, when no decoder can be had.
Result<InferredLayouts> inferLayouts(const Referents &referents, const std::vector<FunctionDifference> &functions,
                                     const Budget &budget);

} // namespace hotgate::analyzer
