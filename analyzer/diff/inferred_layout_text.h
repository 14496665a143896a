// An inferred layout in words, the same in every output: "7 functions access members from +0x48 on at 8 bytes more, and
// 2 sizes grow from 64 to 72 bytes".
#pragma once

#include "analyzer/diff/inferred_layout.h"

#include <string>
#include <vector>

namespace hotgate::analyzer {

std::string inferredLayoutText(const InferredLayout &layout);

// Equal changes in one function are one line.
struct LayoutEvidenceLine {
  std::string change;         // "+0x48 -> +0x50", "64 -> 72 bytes", "bits 0x3e0 -> 0xf80"
  size_t places = 0;          // instructions
  FunctionIndex function = 0; // of the pre image
  auto operator<=>(const LayoutEvidenceLine &) const = default;
};
std::vector<LayoutEvidenceLine> inferredLayoutEvidence(const InferredLayout &layout);

} // namespace hotgate::analyzer
