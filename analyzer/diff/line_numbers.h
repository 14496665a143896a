// Whether two bodies differ in nothing but source line numbers: forty blank lines at the top of a file change every
// `assert` below them, because __LINE__ is an argument of the call.
//
// Recognised: both bodies are the same bytes with the same references but for moved or pushed immediates, and where
// one differs, it is on each side the line of that instruction, by that side's line table and in the file of the same
// name. For a statement over several lines __LINE__ is its last: a number behind the instruction's line counts too,
// up to the next line that has code. A line of an inlined copy counts, and that of the call that was inlined. Where the
// compiler merged equal statements, the line of the condition in front of one counts as its line
// (merged_statements.h).
// So `return n + 10` that became `return n + 50` is no line number, and `Log(10)` is none unless it stands in line 10.
//
// Not recognised, and so simply changed: line numbers in constant data (std::source_location, a record that an assert
// passes by address), in arithmetic, in instructions whose size depends on the number (x86 `push`), and everything
// without line tables on both sides. Not told apart from a line number: a moved immediate that equals its own line on
// both sides.
#pragma once

#include "analyzer/code/decoder.h"
#include "analyzer/diff/referents.h"

namespace hotgate::analyzer {

// The handlers of the two are not compared.
[[nodiscard]] bool onlyLineNumbersDiffer(const Referents &referents, Decoder &decoder, const Function &pre,
                                         const Function &post);

} // namespace hotgate::analyzer
