// Two images, compared whole: functions, data, types, tables, and the ledger that proves that nothing was left out.
#pragma once

#include "analyzer/code/program.h"
#include "analyzer/diff/function_diff.h"
#include "analyzer/diff/global_diff.h"
#include "analyzer/diff/hierarchy_diff.h"
#include "analyzer/diff/image_changes.h"
#include "analyzer/diff/inferred_layout.h"
#include "analyzer/diff/ledger.h"
#include "analyzer/diff/type_diff.h"
#include "analyzer/diff/type_reach.h"

#include <optional>
#include <string>
#include <vector>

namespace hotgate::analyzer {

struct ImageDiff {
  std::vector<FunctionDifference> functions; // all, identical ones too
  std::vector<TypeDifference> types;         // only with private symbols on both sides
  std::vector<TypeReach> typeReach;          // of each of these, in their order
  std::vector<HierarchyDifference> hierarchies;
  std::vector<GlobalDifference> globals;       // only with symbols on both sides
  std::vector<InferredLayout> inferredLayouts; // only without private symbols on both sides: else `types` knows
  std::vector<ImageChange> image;
  Ledger ledger;
  std::optional<Pairing> pairing; // that all of this rests on; diffPrograms() always sets it
  // What a spent budget left undone, one sentence each; empty: everything was compared.
  std::vector<std::string> incomplete;
};

// Errors: input, when the machines differ or are not decoded; fault, when the ledger does not add up.
Result<ImageDiff> diffPrograms(const Program &pre, const Program &post, const Budget &budget = {});

} // namespace hotgate::analyzer
