// Function-local statics with a dynamic initialiser (static_guards.h) of two images: new ones, those that are gone, and
// those whose initialiser differs.
//
// Statics pair inside paired functions, by the variable's name, else by their order. An initialiser differs when its
// own code does in more than the registers that it works in; whether what it calls differs is told by the functions
// that it calls.
#pragma once

#include "analyzer/code/static_guards.h"
#include "analyzer/diff/function_diff.h"

#include <optional>
#include <string>
#include <vector>

namespace hotgate::analyzer {

struct StaticDifference {
  std::string variable; // "Fix::limit"; "a static of Fix" when it has no name
  ChangeStatus status = ChangeStatus::identical;
  std::optional<StaticGuard> pre, post;
};

// All, identical ones too: those of pre by function, then those that are added. Errors: fault, when no decoder can be
// had.
[[nodiscard]] Result<std::vector<StaticDifference>> diffStatics(const Referents &referents);

} // namespace hotgate::analyzer
