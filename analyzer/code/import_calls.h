// Which function calls which import, directly (`call [slot]`), through a register that was loaded from the slot, or
// through a thunk (`jmp [slot]`) that the linker made.
#pragma once

#include "analyzer/code/program.h"

#include <vector>

namespace hotgate::analyzer {

struct ImportCall {
  FunctionIndex function = 0;
  const Import *import = nullptr; // the image owns it
  uint32_t site = 0;              // RVA of the instruction
  bool isPoll = false;            // of a wait: its timeout is a constant zero, so it never blocks (x64 and ARM64)
};

// The import that a thunk leads to; nullptr when the function is none.
[[nodiscard]] const Import *importOfThunk(const Program &program, const Function &function);

// By function, then site. A thunk's own jump is no call.
[[nodiscard]] std::vector<ImportCall> importCalls(const Program &program);

} // namespace hotgate::analyzer
