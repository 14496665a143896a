// What LLVM's opcode alone says about an instruction, as a table: asking LLVM's instruction descriptions and names for
// every decoded instruction costs as much as a third of decoding it.
#pragma once

#include "analyzer/code/instruction.h"
#include "analyzer/image/image.h"

#include <vector>

namespace llvm {
class MCInstrInfo;
}

namespace hotgate::analyzer {

struct OpcodeTraits {
  Flow flow = Flow::next;     // of a branch or call: when its target is encoded in it
  Flow indirect = Flow::next; // otherwise
  bool mayLoad = false;
  bool mayStore = false;
  bool isPrefix = false;      // `lock` alone
  bool accessesMemory = true; // false for lea, nop and prefetches: their memory operand is only an address
  // x86, for RegisterUse: what the operands do. sum: the first is added to; difference: the last is taken from it.
  enum class Operands : uint8_t {
    other,
    copy,
    load,
    loadAbsolute,
    address,
    constant,
    clear,
    sum,
    difference,
    push,
    pushNumber
  };
  Operands operands = Operands::other;
  uint8_t memoryOperand = none; // index of the first of an x86 memory operand's five
  static constexpr uint8_t none = 0xFF;
};

// By LLVM's opcode. The same table for all callers; it lives as long as the process.
const std::vector<OpcodeTraits> &opcodeTable(Machine machine, const llvm::MCInstrInfo &instructions);

} // namespace hotgate::analyzer
