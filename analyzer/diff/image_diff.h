// Two images, compared whole: functions, data, types, tables, and the ledger that proves that nothing was left out.
#pragma once

#include "analyzer/code/program.h"
#include "analyzer/diff/function_diff.h"
#include "analyzer/diff/global_diff.h"
#include "analyzer/diff/image_changes.h"
#include "analyzer/diff/ledger.h"
#include "analyzer/diff/type_diff.h"

#include <vector>

namespace hotgate::analyzer {

struct ImageDiff {
  std::vector<FunctionDifference> functions; // all, identical ones too
  std::vector<TypeDifference> types;         // only with private symbols on both sides
  std::vector<GlobalDifference> globals;     // only with symbols on both sides
  std::vector<ImageChange> image;
  Ledger ledger;
};

// Errors: input, when the machines differ or are not decoded; fault, when the ledger does not add up.
Result<ImageDiff> diffPrograms(const Program &pre, const Program &post);

} // namespace hotgate::analyzer
