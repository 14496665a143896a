// What an ARM64 instruction word says that LLVM's MCInst does not: which of its bits hold a number, how wide its memory
// operand is, and whether that has an index register.
//
// The encoding classes are those of the "Arm Architecture Reference Manual", chapter C4, "A64 instruction set
// encoding". Limits: only for words that the decoder has accepted. SVE, SME, memory tags and the memory copy
// instructions have no fields here and width 0.
#pragma once

#include "analyzer/code/instruction.h"
#include "analyzer/code/register_use.h"

#include <optional>

namespace hotgate::analyzer::arm64 {

// `rva` is that of the instruction. No A64 instruction has two such fields.
std::optional<EncodedField> encodedField(uint32_t word, uint32_t rva);

// Bytes that a load, a store or an atomic operation accesses, 0 for a prefetch and what is listed above.
uint8_t accessWidth(uint32_t word);

// `ldr x0, [x1, x2, lsl #3]`
bool hasIndexRegister(uint32_t word);

// What it does with general registers; `written` is left to LLVM.
RegisterUse registerUse(uint32_t word);

// brk, hlt, udf: control does not come back, as for int3.
bool isTrap(uint32_t word);

} // namespace hotgate::analyzer::arm64
