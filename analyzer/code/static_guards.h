// Function-local statics with a dynamic initialiser: the guard that says whether the initialiser has run, and the code
// that runs once.
//
//   thread-safe   _Init_thread_header(&guard); ...initialiser...; _Init_thread_footer(&guard)
//                 (mingw: __cxa_guard_acquire, __cxa_guard_release)
//   bit           if (!(guard & 1)) { guard |= 1; ...initialiser... }
//
// The run-time's functions are known by their names, so without symbols only those that are imported are seen. A bit
// guard is known by its name ($S1) or, on x64 and x86 with private symbols, as a variable without a name whose bit is
// tested and then set, in a function that writes a static of its own without an initial value. Where the initialiser of
// a bit guard ends is not known.
#pragma once

#include "analyzer/code/decoder.h"
#include "analyzer/code/program.h"

#include <string_view>
#include <vector>

namespace hotgate::analyzer {

enum class GuardStyle : uint8_t { threadSafe, bit };
[[nodiscard]] std::string_view guardStyleName(GuardStyle style); // "thread-safe"

struct StaticGuard {
  FunctionIndex function = 0;
  GuardStyle style = GuardStyle::threadSafe;
  uint32_t guardRva = 0;
  CodeRange initialiser;                  // from the header's call to the footer's; empty when not known
  std::vector<DatumIndex> guarded = {};   // what the initialiser writes or hands on, without the guard; by index
  std::vector<FunctionIndex> called = {}; // by the initialiser; by index, unique
};

// By function, then place of the guard. Errors: fault, when no decoder can be had.
[[nodiscard]] Result<std::vector<StaticGuard>> staticGuards(const Program &program);

} // namespace hotgate::analyzer
