// What runs once some functions run: all that they call, jump to, or take the address of, also by way of constants (a
// vtable's slots, a table of handlers). More may be reached through what lies in variables.
#pragma once

#include "analyzer/code/program.h"

#include <vector>

namespace hotgate::analyzer {

// Ascending, with the functions themselves.
[[nodiscard]] std::vector<FunctionIndex> reachedFunctions(const Program &program,
                                                          const std::vector<FunctionIndex> &from);

} // namespace hotgate::analyzer
