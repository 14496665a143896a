// Decodes machine code with LLVM MC, and tells where in each instruction an address or an immediate stands.
//
// LLVM gives no encoding offsets in its MCInst. On x64 and x86 it does hand them to a symbolizer, so ours only takes
// notes: for `lea rcx, [rip + 0x1f3a]` it learns that the four bytes at offset 3 refer to a place, and which. On ARM64
// the instruction word itself says it (arm64_encoding.h).
//
// Limits: ARM64 means A64 code with all of its extensions. A Decoder serves one thread at a time.
#pragma once

#include "analyzer/code/instruction.h"
#include "analyzer/code/operands.h"
#include "analyzer/code/register_use.h"
#include "analyzer/image/image.h"
#include "support/result.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace hotgate::analyzer {

class Decoder {
public:
  static Result<Decoder> create(Machine machine);
  Decoder(Decoder &&) noexcept;
  Decoder &operator=(Decoder &&) noexcept;
  ~Decoder();

  // False when the bytes are no instruction, or end inside one.
  bool decode(std::span<const uint8_t> bytes, uint32_t rva, Instruction &instruction);
  // The same, and the text, on x64 and x86 in Intel syntax; addresses are RVAs ("call 0x1400").
  bool decodeWithText(std::span<const uint8_t> bytes, uint32_t rva, Instruction &instruction, std::string &text);
  // The same without the text, and what it does with general registers.
  bool decodeWithOperands(std::span<const uint8_t> bytes, uint32_t rva, Instruction &instruction, Operands &operands);
  // The same, and what it does with general registers.
  bool decodeWithRegisters(std::span<const uint8_t> bytes, uint32_t rva, Instruction &instruction, RegisterUse &use);

private:
  struct Machinery;
  explicit Decoder(std::unique_ptr<Machinery> machinery);
  std::unique_ptr<Machinery> machinery_;
};

} // namespace hotgate::analyzer
