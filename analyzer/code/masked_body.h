// A function's bytes without the numbers that only say where things are: `48 8D 0D ????????` for "lea rcx, something".
#pragma once

#include "analyzer/code/program.h"

#include <cstdint>
#include <vector>

namespace hotgate::analyzer {

// Clears a reference's bits in a copy of the bytes that hold it; `field` points to the field's first byte.
void maskField(uint8_t *field, const Reference &reference);

// Equal bytes once references are masked, with references of the same kind and form at the same places.
[[nodiscard]] bool sameMasked(const Program &pre, const Function &preFunction, const Program &post,
                              const Function &postFunction);

// A hash of each function's masked ranges, references' kinds and places included; 0 for one that did not decode to its
// end, whose references are not all known.
[[nodiscard]] std::vector<uint64_t> maskedBodyHashes(const Program &program);

} // namespace hotgate::analyzer
