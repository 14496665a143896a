// Tables of functions, vtables among them, whose entries differ between two images.
//
// A table's entries are the pointers to functions in it, wherever they stand: of an array, of records with a function
// each. A vtable is known by its symbol, and has no size of its own there: it ends where the next datum begins, which
// the next vtable's run-time type information is.
#pragma once

#include "analyzer/diff/global_diff.h"

#include <optional>
#include <string_view>
#include <vector>

namespace hotgate::analyzer {

// True for "??_7Shape@@6B@" and "_ZTV5Shape".
[[nodiscard]] bool isVtableName(std::string_view name);

struct TableEntryDifference {
  uint32_t offset = 0;                    // bytes from the table's beginning
  std::optional<FunctionIndex> pre, post; // nullopt where the table has no function there
};

// Of one changed datum, by offset; empty when no entry that leads to a function differs.
[[nodiscard]] std::vector<TableEntryDifference> diffFunctionTable(const Referents &referents,
                                                                  const GlobalDifference &global);

} // namespace hotgate::analyzer
