// What is the same for all instructions that begin with the same bytes.
//
// Code repeats itself: nearly every instruction of a large program begins (prefixes, opcode, ModRM, SIB; on ARM64: is,
// but for its field) as an earlier one did, and only the numbers behind differ. So LLVM is asked once for each
// beginning, the head, and for all further ones the numbers are read from the bytes.
//
// That is safe because a head is learnt only when the fields that LLVM found fill all bytes behind it: nothing else is
// left there that could say something. A number whose sign bit was never set so far may be signed or not; the first
// one with it set goes to LLVM again.
//
// Limits: a fixed number of slots, so a pattern can lose its place to another and is then learnt again.
#pragma once

#include "analyzer/code/instruction.h"

#include <span>
#include <vector>

namespace hotgate::analyzer {

class InstructionPatterns {
public:
  // `head` stands for the instruction's first `headSize` bytes, and for no other beginning.
  void learn(uint64_t head, uint8_t headSize, std::span<const uint8_t> bytes, const Instruction &instruction);

  // Fills in all of `instruction` but its RVA, which it has. False, and nothing is changed, when LLVM has to be asked.
  bool apply(uint64_t head, std::span<const uint8_t> bytes, Instruction &instruction) const;

private:
  enum class Extension : uint8_t { unknown, sign, zero };
  struct Field {
    EncodedField::Kind kind = EncodedField::Kind::number;
    uint8_t offset = 0;
    uint8_t size = 0;
    Extension extension = Extension::unknown;
  };
  struct Pattern {
    uint64_t head = 0;
    uint32_t opcode = 0;
    uint8_t size = 0; // 0: an empty slot
    Flow flow = Flow::next;
    bool mayLoad = false;
    bool mayStore = false;
    uint8_t accessWidth = 0;
    bool hasIndexRegister = false;
    bool hasBaseRegister = false;
    uint32_t writtenRegisters = 0;
    uint8_t fieldCount = 0;
    std::array<Field, 2> fields{};
  };

  static bool learnField(const EncodedField &from, std::span<const uint8_t> bytes, uint32_t end, Field &field);

  std::vector<Pattern> slots_; // none before the first is learnt
};

} // namespace hotgate::analyzer
