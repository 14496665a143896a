// Writes x64 PE images of any number of functions, so that the cost of a comparison can be measured against size.
//
// Every image is a pure function of its description: code, unwind data, strings, variables and a table of relocated
// function pointers come from a counter-based generator, so nothing but the file's own bytes is kept in memory. The
// post image is the same program, built later: one function in a thousand has one more instruction, one in a thousand
// another immediate, one string is new; everything behind them moves, as a linker moves it.
//
// Limits: no imports, exports or resources; one function in ten is a leaf without an entry in .pdata, as in real ones.
#pragma once

#include "support/result.h"

#include <cstdint>
#include <filesystem>

namespace hotgate::benchmark {

struct SyntheticProgram {
  uint32_t functions = 0;
  uint64_t seed = 0;
  bool post = false;
};

// Errors: usage, for 0 functions or more than 2 million; input, when the file cannot be written.
Result<> writeSyntheticImage(const SyntheticProgram &program, const std::filesystem::path &path);

} // namespace hotgate::benchmark
