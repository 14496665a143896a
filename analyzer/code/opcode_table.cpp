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

// Of whole registers only: 64 bits on x64, 32 bits on x86. `word` is "64" or "32".
OpcodeTraits::Operands operandsOf(llvm::StringRef name, llvm::StringRef word) {
  using Operands = OpcodeTraits::Operands;
  if (name == "XOR32rr" || name == "XOR32rr_REV")
    return Operands::clear;
  if (name == "MOV32ri" || name == "MOV32ri_alt" || name == "MOV64ri" || name == "MOV64ri32")
    return Operands::constant;
  if (name.starts_with("PUSH"))
    return name.ends_with("i8") || name.ends_with("i32") || name.ends_with("i") ? Operands::pushNumber : Operands::push;
  const size_t at = name.find(word);
  if (at == llvm::StringRef::npos)
    return Operands::other;
  const llvm::StringRef operation = name.take_front(at);
  const llvm::StringRef form = name.substr(at + word.size());
  if (operation == "MOV" && (form == "rr" || form == "rr_REV"))
    return Operands::copy;
  if (operation == "MOV" && form == "rm")
    return Operands::load;
  if (operation == "MOV" && form == "ao32")
    return Operands::loadAbsolute;
  if (operation == "LEA" && form == "r")
    return Operands::address;
  if (operation == "ADD" && (form == "rr" || form == "rr_REV" || form == "ri8" || form == "ri32" || form == "ri"))
    return Operands::sum;
  if (operation == "SUB" && (form == "ri8" || form == "ri32" || form == "ri"))
    return Operands::difference;
  return Operands::other;
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
    traits.operands = operandsOf(name, machine == Machine::x64 ? "64" : "32");
    const bool isLea = name.starts_with("LEA") && !name.starts_with("LEAVE");
    traits.accessesMemory = !isLea && !name.starts_with("NOOP") && !name.starts_with("PREFETCH");
    traits.memoryOperand = isLea ? 1 : findMemoryOperand(description); // LLVM's lea64mem is not said to be memory
  }
  return table;
}

} // namespace

const std::vector<OpcodeTraits> &opcodeTable(Machine machine, const llvm::MCInstrInfo &instructions) {
  static std::array<std::once_flag, 3> made;
  static std::array<std::vector<OpcodeTraits>, 3> tables;
  const auto target = static_cast<size_t>(machine);
  std::call_once(made[target], [&] { tables[target] = makeTable(machine, instructions); });
  return tables[target];
}

} // namespace hotgate::analyzer
