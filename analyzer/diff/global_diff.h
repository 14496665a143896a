// Named data of two images: size, type, rights of the section, initial value; of a thread-local variable its offset in
// the block that each thread has.
//
// String literals and pooled constants (`??_C@...`, `__real@...`) are left out: their names are their contents, and
// the functions that use them are compared by that content (referents.h).
#pragma once

#include "analyzer/diff/function_diff.h"
#include "analyzer/diff/referents.h"

#include <set>
#include <string>
#include <vector>

namespace hotgate::analyzer {

struct GlobalDifference {
  std::string name; // unique: of several statics of one name, the later ones have their object file behind it
  ChangeStatus status = ChangeStatus::changed;
  std::optional<DatumIndex> pre, post;
  bool isMutable = false;    // of the post side; of the pre side when removed
  bool valueChanged = false; // initial contents differ, pointers compared by what they point to
  // "size", "type", "initial value", "became mutable", "became constant", "section rights", "thread-local offset",
  // "became thread-local", "no longer thread-local"
  std::set<std::string> reasons;
};

// Only data that differ, by name.
std::vector<GlobalDifference> diffGlobals(const Referents &referents);

} // namespace hotgate::analyzer
