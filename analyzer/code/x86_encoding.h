// How an x64 or x86 instruction is laid out in bytes: its head (prefixes, opcode, ModRM, SIB), a displacement, then
// immediates. "Intel 64 and IA-32 Architectures Software Developer's Manual", volume 2, chapter 2 and appendix A.
//
// This tells only where the head ends. It does not tell whether the bytes are an instruction, nor how long it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace hotgate::analyzer::x86 {

constexpr size_t longestInstruction = 15;

struct Head {
  uint64_t bytes = 0;       // little endian; those behind the head are zero
  uint8_t size = 0;         // 1 to 8
  uint8_t displacement = 0; // bytes of the displacement that follows: 0, 1 or 4
};

// Behind the end of `bytes` zeros are read: a head can end there, beyond them.
//
// Nothing for a head of more than 8 bytes, and for encodings in which the bytes behind the head say more than numbers
// or say them scaled: 3DNow!, XOP, REX2, EVEX with a one-byte displacement, vpermil2ps and -pd. Nothing for 16-bit
// addresses, bound, les and lds of 32-bit code either: too rare.
std::optional<Head> readHead(std::span<const uint8_t> bytes, bool is64);

} // namespace hotgate::analyzer::x86
