#include "analyzer/code/operands.h"

#include "analyzer/code/arm64_encoding.h"
#include "analyzer/code/opcode_table.h"

#include <array>
#include <llvm/ADT/StringMap.h>
#include <llvm/MC/MCInst.h>
#include <llvm/MC/MCInstrInfo.h>
#include <llvm/MC/MCRegisterInfo.h>
#include <mutex>
#include <string>
#include <string_view>

namespace hotgate::analyzer {

// What an opcode's name says.
struct Family {
  uint16_t number = 0;
  Effect effect = Effect::other;
  bool changesBits = false;
  bool multiplies = false;
  bool addsImmediate = false;      // to a whole register
  bool subtractsImmediate = false; //
  bool isShiftByOne = false;       // the immediate is not encoded
  uint8_t resultBits = 0;          // of lea, add and sub
  bool testsOneBit = false;        // ARM64: tbz, tbnz
  bool movesBits = false;          // ARM64: ubfm, sbfm, bfm
};

namespace {

constexpr uint8_t stackPointerArm64 = 31;

// LLVM's numbers for rax, rcx, ... are its own; these are the encoding's.
constexpr std::array<std::string_view, 16> x64Names = {"RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI",
                                                       "R8",  "R9",  "R10", "R11", "R12", "R13", "R14", "R15"};

// "MOVZX32rm8" and "MOV64rm" are "MOVrm"; "ADD64i32" (the accumulator's own form) and "ADD64ri8" are "ADDri".
std::string x86Family(std::string_view name) {
  std::string family;
  if (name.starts_with("MOVZX") || name.starts_with("MOVSX")) {
    family = "MOV";
    name.remove_prefix(std::min(name.size(), name.find_first_of("0123456789")));
    if (const size_t form = name.find("_NOREX"); form != std::string_view::npos)
      name.remove_prefix(form + std::string_view("_NOREX").size());
  }
  const bool isShift = name.size() > 3 && (name.starts_with("SH") || name.starts_with("SA") || name.starts_with("RO"));
  for (const std::string_view encoding : {"_REV", "_NOREX"})
    if (name.ends_with(encoding))
      name.remove_suffix(encoding.size());
  if (isShift && (name.ends_with("r1") || name.ends_with("m1"))) {
    family.append(name.substr(0, name.size() - 1));
    family.push_back('i');
  } else {
    family.append(name);
  }
  std::erase_if(family, [](char c) { return (c >= '0' && c <= '9') || c == '_'; });
  const bool isAccumulator =
      family.size() > 2 && family.back() == 'i' && family[family.size() - 2] >= 'A' && family[family.size() - 2] <= 'Z';
  if (isAccumulator)
    family.insert(family.size() - 1, 1, 'r');
  return family;
}

// "LDRXui", "LDRWui", "LDRBBui" and "LDURXi" are "LDR"; "ADDWri" and "ADDXri" are "ADDri".
std::string arm64Family(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> accesses = {
      {{"LDUR", "LDR"}, {"STUR", "STR"}, {"LDR", "LDR"}, {"STR", "STR"}, {"LDP", "LDP"}, {"STP", "STP"}}};
  for (const auto &[prefix, family] : accesses)
    if (name.starts_with(prefix)) {
      const std::string_view form =
          name.substr(std::min(name.size(), name.find_first_of("abcdefghijklmnopqrstuvwxyz")));
      const bool isPlain = form == "ui" || form == "i";
      return std::string(family) + (isPlain ? std::string() : std::string(form));
    }
  std::string family(name);
  const size_t lower = family.find_first_of("abcdefghijklmnopqrstuvwxyz");
  if (lower != std::string::npos && lower > 1 && (family[lower - 1] == 'X' || family[lower - 1] == 'W'))
    family.erase(lower - 1, 1);
  return family;
}

bool startsWithAny(std::string_view name, std::initializer_list<std::string_view> prefixes) {
  for (const std::string_view prefix : prefixes)
    if (name.starts_with(prefix))
      return true;
  return false;
}

void describeX86(const std::string &family, std::string_view name, Family &described) {
  described.changesBits =
      startsWithAny(family, {"ANDri", "ANDmi", "ORri",  "ORmi",  "XORri", "XORmi", "TESTri", "TESTmi",
                             "SHRri", "SHLri", "SARri", "SHRmi", "SHLmi", "SARmi", "BTri",   "BTmi",
                             "BTSri", "BTSmi", "BTRri", "BTRmi", "BTCri", "BTCmi", "BEXTR"});
  described.multiplies = family == "IMULrri" || family == "IMULrmi";
  described.isShiftByOne = name.ends_with("r1") || name.ends_with("m1");
  if (family == "MOVrr")
    described.effect = name.starts_with("MOV64") || name.starts_with("MOV32") ? Effect::copy : Effect::other;
  else if (family == "MOVri")
    described.effect = Effect::constant;
  else if (family == "MOVrm")
    described.effect = Effect::load;
  else if (family == "MOVmr")
    described.effect = Effect::store;
  else if (family == "LEAr")
    described.effect = Effect::address;
  described.addsImmediate = family == "ADDri";
  described.subtractsImmediate = family == "SUBri";
  constexpr uint8_t whole = 64, half = 32;
  if (startsWithAny(name, {"LEA64r", "ADD64", "SUB64"}))
    described.resultBits = whole;
  else if (startsWithAny(name, {"LEA64_32r", "LEA32r", "ADD32", "SUB32"}))
    described.resultBits = half;
}

void describeArm64(const std::string &family, std::string_view name, Family &described) {
  described.changesBits = startsWithAny(name, {"UBFM", "SBFM", "BFM", "ANDWri", "ANDXri", "ANDSWri", "ANDSXri",
                                               "ORRWri", "ORRXri", "EORWri", "EORXri", "TBZ", "TBNZ"});
  described.testsOneBit = startsWithAny(name, {"TBZ", "TBNZ"});
  described.movesBits = startsWithAny(name, {"UBFM", "SBFM", "BFM"});
  if (family == "LDR")
    described.effect = Effect::load;
  else if (family == "STR")
    described.effect = Effect::store;
  else if (family == "MOVZi")
    described.effect = Effect::constant;
  described.addsImmediate = name == "ADDXri";
  described.subtractsImmediate = name == "SUBXri";
}

std::vector<Family> makeFamilies(Machine machine, const llvm::MCInstrInfo &instructions) {
  std::vector<Family> families(instructions.getNumOpcodes());
  llvm::StringMap<uint16_t> numbers;
  for (unsigned opcode = 0; opcode < families.size(); ++opcode) {
    const std::string_view name = instructions.getName(opcode);
    const std::string family = machine == Machine::arm64 ? arm64Family(name) : x86Family(name);
    families[opcode].number = numbers.try_emplace(family, static_cast<uint16_t>(numbers.size() + 1)).first->second;
    if (machine == Machine::arm64)
      describeArm64(family, name, families[opcode]);
    else
      describeX86(family, name, families[opcode]);
  }
  return families;
}

const std::vector<Family> &familiesOf(Machine machine, const llvm::MCInstrInfo &instructions) {
  static std::array<std::once_flag, 2> made;
  static std::array<std::vector<Family>, 2> tables;
  const size_t target = machine == Machine::arm64 ? 1 : 0; // x64 and x86 are one target of LLVM's
  std::call_once(made[target], [&] { tables[target] = makeFamilies(machine, instructions); });
  return tables[target];
}

} // namespace

OperandReader::OperandReader(Machine machine, const llvm::MCInstrInfo &instructions,
                             const llvm::MCRegisterInfo &registers)
    : machine_(machine), instructions_(instructions), families_(familiesOf(machine, instructions)),
      numbers_(registers.getNumRegs(), Operands::none) {
  if (machine == Machine::arm64)
    return; // its words say it
  for (unsigned whole = 1; whole < registers.getNumRegs(); ++whole)
    for (size_t number = 0; number < x64Names.size(); ++number)
      if (x64Names[number] == std::string_view(registers.getName(whole)))
        for (const llvm::MCPhysReg part : registers.subregs_inclusive(whole))
          numbers_[part] = static_cast<uint8_t>(number);
}

Operands OperandReader::read(const llvm::MCInst &inst, const Instruction &instruction, uint32_t word) const {
  const Family &family = families_[inst.getOpcode()];
  Operands operands;
  operands.family = family.number;
  operands.effect = family.effect;
  operands.changesBits = family.changesBits;
  operands.multiplies = family.multiplies;
  if (machine_ == Machine::arm64)
    readArm64(instruction, word, operands);
  else
    readX86(inst, operands);
  if (machine_ == Machine::arm64 && operands.changesBits)
    readArm64Bits(inst, word, operands);
  // `lea eax, [rcx + 100000]` of x64 is a sum, and no address.
  const uint8_t pointerBits = machine_ == Machine::x86 ? 32 : 64;
  const bool isPointerSized = machine_ == Machine::arm64 || family.resultBits == pointerBits;
  if (operands.effect == Effect::address && !isPointerSized) {
    operands.effect = Effect::other;
    operands.immediate = operands.displacement;
    operands.base = operands.index = Operands::none;
  }
  if ((family.addsImmediate || family.subtractsImmediate) && isPointerSized && operands.immediate &&
      operands.target != Operands::none && operands.base == Operands::none && operands.source != Operands::none) {
    operands.effect = Effect::address;
    operands.isArithmetic = true;
    operands.base = operands.source;
    operands.displacement = family.addsImmediate ? *operands.immediate : -*operands.immediate;
    operands.immediate.reset();
  }
  return operands;
}

void OperandReader::readX86(const llvm::MCInst &inst, Operands &operands) const {
  const OpcodeTraits &traits = opcodeTable(machine_, instructions_)[inst.getOpcode()];
  const llvm::MCInstrDesc &description = instructions_.get(inst.getOpcode());
  const unsigned memory = traits.memoryOperand == OpcodeTraits::none ? inst.getNumOperands() : traits.memoryOperand;
  constexpr unsigned partsOfMemory = 5;
  constexpr unsigned indexPart = 2, displacementPart = 3;
  constexpr uint32_t hashFactor = 31;
  if (memory + partsOfMemory <= inst.getNumOperands()) {
    operands.base = numberOf(inst.getOperand(memory).getReg());
    operands.scale = static_cast<uint8_t>(inst.getOperand(memory + 1).getImm());
    operands.index = numberOf(inst.getOperand(memory + indexPart).getReg());
    if (inst.getOperand(memory + displacementPart).isImm())
      operands.displacement = inst.getOperand(memory + displacementPart).getImm();
  }
  for (unsigned i = 0; i < inst.getNumOperands(); ++i) {
    const llvm::MCOperand &operand = inst.getOperand(i);
    if (operand.isReg())
      operands.registers = operands.registers * hashFactor + numberOf(operand.getReg()) + 1;
    else if (operand.isImm() && (i < memory || i >= memory + partsOfMemory))
      operands.immediate = operand.getImm();
    if (i < description.getNumDefs() && operand.isReg() && numberOf(operand.getReg()) != Operands::none)
      operands.written |= 1U << numberOf(operand.getReg());
  }
  for (const llvm::MCPhysReg implicit : description.implicit_defs())
    if (numberOf(implicit) != Operands::none)
      operands.written |= 1U << numberOf(implicit);
  readX86Effect(inst, operands);
}

void OperandReader::readX86Effect(const llvm::MCInst &inst, Operands &operands) const {
  const Family &family = families_[inst.getOpcode()];
  const auto registerAt = [&](unsigned i) {
    return i < inst.getNumOperands() && inst.getOperand(i).isReg() ? numberOf(inst.getOperand(i).getReg())
                                                                   : Operands::none;
  };
  constexpr unsigned behindMemory = 5;
  if (family.isShiftByOne && operands.changesBits)
    operands.immediate = 1;
  switch (operands.effect) {
  case Effect::copy:
    operands.target = registerAt(0);
    operands.source = registerAt(1);
    break;
  case Effect::constant:
  case Effect::load:
  case Effect::address:
    operands.target = registerAt(0);
    break;
  case Effect::store:
    operands.source = registerAt(behindMemory);
    break;
  case Effect::other:
    operands.target = registerAt(0);
    operands.source = registerAt(1);
    break;
  }
}

// The immediate of `tbz w8, #5`, `ubfx w8, w8, #5, #3` and `and w8, w8, #0xe0` is the lowest bit, 5. How many bits it
// is about is left out.
void OperandReader::readArm64Bits(const llvm::MCInst &inst, uint32_t word, Operands &operands) const {
  constexpr uint32_t registerMask = 31, secondShift = 5, wide = 64, narrow = 32, mostBit = 63;
  const uint32_t size = word >> 31 != 0 ? wide : narrow;
  const Family &family = families_[inst.getOpcode()];
  if (family.testsOneBit) {
    operands.source = static_cast<uint8_t>(word & registerMask);
    operands.immediate = inst.getOperand(1).isImm() ? std::optional(inst.getOperand(1).getImm()) : std::nullopt;
    return;
  }
  operands.target = static_cast<uint8_t>(word & registerMask);
  operands.source = static_cast<uint8_t>(word >> secondShift & registerMask);
  constexpr uint32_t rotationShift = 16, lastShift = 10;
  const uint32_t rotation = word >> rotationShift & mostBit;
  const uint32_t last = word >> lastShift & mostBit;
  const bool isExtract = family.movesBits && last >= rotation;
  operands.immediate = isExtract ? rotation : (size - rotation % size) % size;
}

void OperandReader::readArm64(const Instruction &instruction, uint32_t word, Operands &operands) const {
  constexpr uint32_t registerMask = 31, secondShift = 5, thirdShift = 16;
  const auto first = static_cast<uint8_t>(word & registerMask);
  const auto second = static_cast<uint8_t>(word >> secondShift & registerMask);
  const auto third = static_cast<uint8_t>(word >> thirdShift & registerMask);
  const Family &family = families_[instruction.opcode];
  operands.written = instruction.writtenRegisters;
  operands.registers = word & ((registerMask << thirdShift) | (registerMask << secondShift) | registerMask);
  const EncodedField *number = nullptr;
  for (const EncodedField &field : instruction.encodedFields())
    if (field.kind == EncodedField::Kind::number) {
      number = &field;
      operands.registers &= ~fieldBits(field.form);
    }
  // `orr xd, xzr, xm`
  constexpr uint32_t moveBits = 0x7FE0FFE0, move = 0x2A0003E0;
  if ((word & moveBits) == move) {
    operands.effect = Effect::copy;
    operands.target = first;
    operands.source = third;
    return;
  }
  if (instruction.accessWidth != 0 && (instruction.mayLoad || instruction.mayStore)) {
    operands.base = second;
    operands.index = instruction.hasIndexRegister ? third : Operands::none;
    operands.displacement = number != nullptr ? number->value : 0;
    const bool isVector = (word >> 26 & 1) != 0;
    (operands.effect == Effect::store ? operands.source : operands.target) = isVector ? Operands::none : first;
    return;
  }
  if (number != nullptr)
    operands.immediate = number->value;
  if (family.addsImmediate || family.subtractsImmediate || operands.effect == Effect::constant) {
    operands.target = first;
    operands.source = second;
    if (first == stackPointerArm64)
      operands.written |= 1U << stackPointerArm64;
  }
}

} // namespace hotgate::analyzer
