// One decoded machine instruction, and the fields of its encoding that hold a number: what a comparison masks and what
// a reference scan resolves.
//
// On x64 and x86 a field is whole bytes. On ARM64 it is some bits of the 32-bit instruction word, and its form says
// which: `offset` and `size` then cover the whole word, so whoever masks must ask fieldBits().
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace hotgate::analyzer {

enum class Flow : uint8_t {
  next,
  conditionalBranch,
  branch,
  indirectBranch,
  call,
  indirectCall,
  stop /* ret, int3, ud2, brk */
};

// How a field is encoded.
enum class FieldForm : uint8_t {
  bytes,          // little endian, whole bytes
  arm64Branch26,  // b, bl
  arm64Branch19,  // b.cond, cbz, cbnz
  arm64Branch14,  // tbz, tbnz
  arm64Address21, // adr, adrp
  arm64Literal19, // ldr (literal)
  arm64Offset12,  // unsigned, scaled: add, sub, ldr, str: the low bits of an address stand here
  arm64Offset9,   // signed: ldur, stur, pre- and post-indexed
  arm64Offset7,   // signed, scaled: ldp, stp
  arm64Move16,    // movz, movn, movk
  arm64Bitmask13, // and, orr, eor, ands
};

// The bits of the instruction word that an ARM64 field covers; 0 for whole bytes.
[[nodiscard]] uint32_t fieldBits(FieldForm form);

// An encoded field of an instruction that holds a number.
struct EncodedField {
  enum class Kind : uint8_t {
    branchTarget, // relative; value is the target RVA
    ripRelative,  // value is the RVA that is referred to; ARM64's adr and ldr (literal) too
    number,       // an immediate, or the displacement of a memory operand with a base or an absolute address
    page,         // adrp: value is the RVA of a 4 KiB page, the rest is in an arm64Offset12 of another instruction
  };
  Kind kind = Kind::number;
  uint8_t offset = 0; // of its first byte in the instruction
  uint8_t size = 0;   // bytes
  FieldForm form = FieldForm::bytes;
  int64_t value = 0; // an offset is in bytes, whatever its scale; a bitmask is as encoded
};

struct Instruction {
  uint32_t rva = 0;
  uint8_t size = 0;
  Flow flow = Flow::next;
  bool mayLoad = false;
  bool mayStore = false;
  uint32_t opcode = 0;     // LLVM's number: equal means the same operation and operand shapes
  uint8_t accessWidth = 0; // bytes that the memory operand reads or writes; 0: none, unknown or only an address (lea)
  bool hasIndexRegister = false; // of the memory operand
  bool hasBaseRegister = false;  // of the memory operand, and not rip; x86 only
  uint32_t writtenRegisters = 0; // ARM64 only: bit n for xn, also where only wn is named; not what a callee writes
  uint8_t fieldCount = 0;
  std::array<EncodedField, 3> fields{};

  [[nodiscard]] std::span<const EncodedField> encodedFields() const { return {fields.data(), fieldCount}; }
  [[nodiscard]] uint32_t end() const { return rva + size; }
};

} // namespace hotgate::analyzer
