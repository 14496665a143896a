#include "analyzer/code/opcode_table.h"

#include <llvm/MC/MCInstrInfo.h>

#include <array>
#include <mutex>

namespace hotgate::analyzer {

namespace {

void setFlow(OpcodeTraits &traits, const llvm::MCInstrDesc &description, llvm::StringRef name) {
  if (description.isCall()) {
    traits.flow = Flow::call;
    traits.indirect = Flow::indirectCall;
  } else if (description.isReturn() || description.isTrap() || name == "INT3") {
    traits.flow = traits.indirect = Flow::stop;
  } else if (description.isConditionalBranch()) {
    traits.flow = traits.indirect = Flow::conditionalBranch;
  } else if (description.isBranch()) {
    traits.flow = Flow::branch;
    traits.indirect = Flow::indirectBranch;
  }
}

// Base, scale, index, displacement, segment.
uint8_t findMemoryOperand(const llvm::MCInstrDesc &description) {
  constexpr unsigned partsOfMemoryOperand = 5;
  const auto operands = description.operands();
  unsigned run = 0;
  for (unsigned i = 0; i < operands.size(); ++i) {
    run = operands[i].OperandType == llvm::MCOI::OPERAND_MEMORY ? run + 1 : 0;
    if (run == partsOfMemoryOperand)
      return static_cast<uint8_t>(i + 1 - partsOfMemoryOperand);
  }
  return OpcodeTraits::none;
}

std::vector<OpcodeTraits> makeTable(Machine machine, const llvm::MCInstrInfo &instructions) {
  std::vector<OpcodeTraits> table(instructions.getNumOpcodes());
  for (unsigned opcode = 0; opcode < table.size(); ++opcode) {
    const llvm::MCInstrDesc &description = instructions.get(opcode);
    const llvm::StringRef name = instructions.getName(opcode);
    OpcodeTraits &traits = table[opcode];
    setFlow(traits, description, name);
    traits.mayLoad = description.mayLoad();
    traits.mayStore = description.mayStore();
    if (machine == Machine::arm64)
      continue;
    traits.isPrefix = name.ends_with("_PREFIX");
    const bool isLea = name.starts_with("LEA") && !name.starts_with("LEAVE");
    traits.accessesMemory = !isLea && !name.starts_with("NOOP") && !name.starts_with("PREFETCH");
    traits.memoryOperand = isLea ? 1 : findMemoryOperand(description); // LLVM's lea64mem is not said to be memory
  }
  return table;
}

} // namespace

const std::vector<OpcodeTraits> &opcodeTable(Machine machine, const llvm::MCInstrInfo &instructions) {
  static std::array<std::once_flag, 2> made;
  static std::array<std::vector<OpcodeTraits>, 2> tables;
  const size_t target = machine == Machine::arm64 ? 1 : 0; // x64 and x86 are one target of LLVM's
  std::call_once(made[target], [&] { tables[target] = makeTable(machine, instructions); });
  return tables[target];
}

} // namespace hotgate::analyzer
