// How an x64 or x86 instruction is laid out in bytes: its head (prefixes, opcode, ModRM, SIB), a displacement, then
// immediates. "Intel 64 and IA-32 Architectures Software Developer's Manual", volume 2, chapter 2 and appendix A.
//
// This tells only where the head ends. It does not tell whether the bytes are an instruction, nor how long it is.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace hotgate::analyzer::x86 {

constexpr size_t longestInstruction = 15;
// An instruction and one byte more, so that a head can be read at once. Zero behind the end of the code.
using Window = std::span<const uint8_t, longestInstruction + 1>;

struct Head {
  uint64_t bytes = 0;       // little endian; those behind the head are zero
  uint8_t size = 0;         // 1 to 8
  uint8_t displacement = 0; // bytes of the displacement that follows: 0, 1 or 4
};

// Nothing for a head of more than 8 bytes, and for encodings in which the bytes behind the head say more than numbers
// or say them scaled: 3DNow!, EVEX with a one-byte displacement, REX2, and 16-bit addresses.
std::optional<Head> readHead(Window window, bool is64);

} // namespace hotgate::analyzer::x86
