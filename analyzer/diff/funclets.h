// Code that an exception handler of a function calls: catch blocks, filters, destructors on the way out. It is handed
// the frame of that function and reaches its locals behind a pointer, which for every other function would be an
// object. A compiler that names a destructor and its object in the language data leaves the funclet behind as well:
// code that nothing refers to.
#pragma once

#include "analyzer/code/program.h"

#include <set>

namespace hotgate::analyzer {

// Adds what this function's language data leads to, and the function itself when nothing leads to it.
void addFunclets(const Program &program, const Function &function, std::set<FunctionIndex> &funclets);

} // namespace hotgate::analyzer
