// Functions of two images, compared exactly.
//
// Identical means: the same bytes once every reference is masked, and every reference to the same thing
// (referents.h). Nothing here is a score. The listing is for people: both bodies aligned around the first difference.
#pragma once

#include "analyzer/code/decoder.h"
#include "analyzer/diff/referents.h"
#include "support/budget.h"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace hotgate::analyzer {

enum class ChangeStatus : uint8_t {
  identical,
  changed,
  added,
  removed,
  notCompared, // a pair, but the budget was spent before its turn
};
[[nodiscard]] std::string_view changeStatusName(ChangeStatus status);

// One row of two bodies side by side; a side without an instruction there has no RVA.
struct ListingRow {
  std::optional<uint32_t> preRva;
  std::string preText;
  std::optional<uint32_t> postRva;
  std::string postText;
  bool differs = false;
};

struct FunctionDifference {
  std::optional<FunctionIndex> pre;
  std::optional<FunctionIndex> post;
  ChangeStatus status = ChangeStatus::identical;
  std::string_view matchedBy; // pairing pass, "" when unpaired
  std::set<std::string> reasons;
  bool lineOnly = false;           // changed, but in nothing but source line numbers (line_numbers.h)
  std::vector<ListingRow> listing; // of a changed pair, from a little before the first difference
};

// Every function of both images once: pairs in pre order, then removed, then added ones.
// Errors: fault, when no decoder can be had.
Result<std::vector<FunctionDifference>> diffFunctions(const Referents &referents, const Budget &budget);

} // namespace hotgate::analyzer
