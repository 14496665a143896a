#include "analyzer/code/decoder.h"

#include "analyzer/code/arm64_encoding.h"
#include "analyzer/code/instruction_patterns.h"
#include "analyzer/code/opcode_table.h"
#include "analyzer/code/x86_encoding.h"

#include <llvm/MC/MCAsmInfo.h>
#include <llvm/MC/MCContext.h>
#include <llvm/MC/MCDisassembler/MCDisassembler.h>
#include <llvm/MC/MCDisassembler/MCRelocationInfo.h>
#include <llvm/MC/MCDisassembler/MCSymbolizer.h>
#include <llvm/MC/MCInst.h>
#include <llvm/MC/MCInstPrinter.h>
#include <llvm/MC/MCInstrInfo.h>
#include <llvm/MC/MCRegisterInfo.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/MCTargetOptions.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/Endian.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>

namespace hotgate::analyzer {

namespace {

// Takes notes of every number that the disassembler meets, and changes nothing.
class FieldRecorder : public llvm::MCSymbolizer {
public:
  FieldRecorder(llvm::MCContext &context, std::unique_ptr<llvm::MCRelocationInfo> relocations)
      : MCSymbolizer(context, std::move(relocations)) {}

  // `prefix` bytes of the instruction were decoded before, and LLVM counts from behind them.
  void begin(Instruction &instruction, uint8_t prefix) {
    instruction_ = &instruction;
    prefix_ = prefix;
    lastPlace_ = 0;
  }

  bool tryAddingSymbolicOperand(llvm::MCInst &, llvm::raw_ostream &, int64_t value, uint64_t, bool isBranch,
                                uint64_t offset, uint64_t operandSize, uint64_t) override {
    const bool isRipRelative = lastPlace_ == prefix_ + offset; // it arrives here too
    if (operandSize != 0 && !isRipRelative)
      add(isBranch ? EncodedField::Kind::branchTarget : EncodedField::Kind::number, prefix_ + offset, operandSize,
          value);
    return false;
  }

  // `address` is that of the displacement itself.
  void tryAddingPcLoadReferenceComment(llvm::raw_ostream &, int64_t value, uint64_t address) override {
    lastPlace_ = address - instruction_->rva;
    add(EncodedField::Kind::ripRelative, lastPlace_, 4, value);
  }

private:
  void add(EncodedField::Kind kind, uint64_t offset, uint64_t size, int64_t value) {
    if (instruction_->fieldCount < instruction_->fields.size())
      instruction_->fields[instruction_->fieldCount++] = {kind, static_cast<uint8_t>(offset),
                                                          static_cast<uint8_t>(size), FieldForm::bytes, value};
  }

  Instruction *instruction_ = nullptr;
  uint8_t prefix_ = 0;
  uint64_t lastPlace_ = 0; // offset of the last RIP-relative displacement, 0 for none
};

// What Intel syntax says of a memory operand: "xmmword ptr [rax]".
uint8_t printedWidth(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, uint8_t>, 9> widths{{{"byte", 1},
                                                                        {"word", 2},
                                                                        {"dword", 4},
                                                                        {"fword", 6},
                                                                        {"qword", 8},
                                                                        {"tbyte", 10},
                                                                        {"xmmword", 16},
                                                                        {"ymmword", 32},
                                                                        {"zmmword", 64}}};
  const size_t end = text.find(" ptr ");
  if (end == std::string_view::npos)
    return 0;
  const size_t begin = text.find_last_of(" \t{,", end - 1) + 1; // npos + 1 is the text's begin
  const std::string_view word = text.substr(begin, end - begin);
  for (const auto &[name, width] : widths)
    if (word == name)
      return width;
  return 0;
}

// How LLVM is told about a machine.
struct Target {
  const char *triple;
  const char *features;
  unsigned syntax; // of the printer: 1 is Intel's
};

Target targetOf(Machine machine) {
  switch (machine) {
  case Machine::x64:
    return {"x86_64-pc-windows-msvc", "", 1};
  case Machine::x86:
    return {"i386-pc-windows-msvc", "", 1};
  case Machine::arm64:
    return {"aarch64-pc-windows-msvc", "+all", 0};
  }
  return {"", "", 0};
}

void registerTargets() {
  static std::once_flag registered;
  std::call_once(registered, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86Disassembler();
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64Disassembler();
  });
}

} // namespace

struct Decoder::Machinery {
  Machine machine = Machine::x64;
  std::unique_ptr<llvm::MCRegisterInfo> registers;
  std::unique_ptr<llvm::MCAsmInfo> assembly;
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget;
  std::unique_ptr<llvm::MCInstrInfo> instructions;
  std::unique_ptr<llvm::MCContext> context;
  std::unique_ptr<llvm::MCDisassembler> disassembler;
  std::unique_ptr<llvm::MCInstPrinter> printer;
  FieldRecorder *recorder = nullptr; // owned by the disassembler; none for ARM64
  const std::vector<OpcodeTraits> *opcodes = nullptr;
  std::optional<OperandReader> operandReader; // made when first asked for

  // x86: what stands for "no index register" where a SIB byte is there without need.
  unsigned noIndex32 = 0;
  unsigned noIndex64 = 0;
  unsigned instructionPointer32 = 0;
  unsigned instructionPointer64 = 0;

  // x86: by opcode, from the text of the first instruction that had it.
  static constexpr uint8_t widthUnknown = 0xFF;
  std::vector<uint8_t> widths;

  // By LLVM's register number, the general registers that it consists of; on x86 also which one it is, whole.
  std::vector<uint32_t> generalRegisters;
  std::vector<uint8_t> wholeRegisters;

  InstructionPatterns patterns;

  // One instruction of LLVM's, which may be a lone prefix.
  bool step(std::span<const uint8_t> bytes, uint64_t address, llvm::MCInst &inst, uint64_t &size) const {
    return disassembler->getInstruction(inst, size, {bytes.data(), bytes.size()}, address, llvm::nulls()) ==
           llvm::MCDisassembler::Success;
  }

  // Without the text: by a known pattern, or by LLVM.
  bool decode(std::span<const uint8_t> bytes, Instruction &instruction) {
    return machine == Machine::arm64 ? decodeWord(bytes, instruction) : decodeBytes(bytes, instruction);
  }

  bool decodeWord(std::span<const uint8_t> bytes, Instruction &instruction) {
    if (bytes.size() < sizeof(uint32_t))
      return false;
    const uint32_t word = llvm::support::endian::read32le(bytes.data());
    const auto field = arm64::encodedField(word, instruction.rva);
    // Not every bitmask is one, so LLVM sees each.
    const uint32_t ignored = field && field->form != FieldForm::arm64Bitmask13 ? fieldBits(field->form) : 0;
    const uint64_t head = word & ~ignored;
    if (!patterns.apply(head, bytes, instruction)) {
      llvm::MCInst inst;
      if (!decodeByLlvm(bytes, instruction, inst, nullptr))
        return false;
      instruction.fieldCount = 0; // their bits are not bytes
      patterns.learn(head, instruction.size, bytes, instruction);
    }
    if (field)
      instruction.fields[instruction.fieldCount++] = *field;
    return true;
  }

  bool decodeBytes(std::span<const uint8_t> bytes, Instruction &instruction) {
    const auto head = x86::readHead(bytes, machine == Machine::x64);
    if (head && patterns.apply(head->bytes, bytes, instruction))
      return true;
    llvm::MCInst inst;
    if (!decodeByLlvm(bytes, instruction, inst, nullptr))
      return false;
    if (head && !(*opcodes)[inst.getOpcode()].isPrefix)
      patterns.learn(head->bytes, head->size, bytes, instruction);
    return true;
  }

  bool decodeByLlvm(std::span<const uint8_t> bytes, Instruction &instruction, llvm::MCInst &inst,
                    std::string *prefixText) {
    instruction.fieldCount = 0;
    if (machine == Machine::arm64 ? decodeArm64(bytes, instruction, inst)
                                  : decodeX86(bytes, instruction, inst, prefixText))
      return true;
    instruction.fieldCount = 0; // LLVM can find a field before it finds that the rest is nothing
    return false;
  }

  bool decodeArm64(std::span<const uint8_t> bytes, Instruction &instruction, llvm::MCInst &inst) const {
    uint64_t size = 0;
    if (!step(bytes, instruction.rva, inst, size))
      return false;
    const uint32_t word = llvm::support::endian::read32le(bytes.data());
    instruction.size = static_cast<uint8_t>(size);
    if (const auto field = arm64::encodedField(word, instruction.rva))
      instruction.fields[instruction.fieldCount++] = *field;
    describe(inst, instruction);
    if (arm64::isTrap(word))
      instruction.flow = Flow::stop;
    instruction.accessWidth = arm64::accessWidth(word);
    instruction.hasIndexRegister = arm64::hasIndexRegister(word);
    instruction.writtenRegisters = writtenRegisters(inst);
    return true;
  }

  // LLVM lists what is written first, the base register of a pre- or post-indexed access too.
  uint32_t writtenRegisters(const llvm::MCInst &inst) const {
    uint32_t written = 0;
    const unsigned count = std::min(instructions->get(inst.getOpcode()).getNumDefs(), inst.getNumOperands());
    for (unsigned i = 0; i < count; ++i)
      if (inst.getOperand(i).isReg())
        written |= generalRegisters[inst.getOperand(i).getReg()];
    return written;
  }

  // The whole instruction: LLVM returns `lock` and a stray `rep` as instructions of their own.
  bool decodeX86(std::span<const uint8_t> bytes, Instruction &instruction, llvm::MCInst &inst,
                 std::string *prefixText) {
    uint8_t prefix = 0;
    for (;;) {
      if (prefix >= bytes.size() || prefix >= x86::longestInstruction)
        return false;
      inst.clear();
      recorder->begin(instruction, prefix);
      uint64_t size = 0;
      if (!step(bytes.subspan(prefix), uint64_t{instruction.rva} + prefix, inst, size) || size == 0 ||
          prefix + size > x86::longestInstruction)
        return false;
      instruction.size = static_cast<uint8_t>(prefix + size);
      if (!(*opcodes)[inst.getOpcode()].isPrefix || instruction.size == bytes.size())
        break;
      prefix = instruction.size;
      if (prefixText != nullptr)
        *prefixText += text(inst, 0) + " ";
    }
    separateImmediates(bytes, instruction);
    const OpcodeTraits &traits = describe(inst, instruction);
    instruction.accessWidth = widthOf(traits, inst);
    instruction.hasIndexRegister = hasIndexRegister(traits, inst);
    instruction.hasBaseRegister = hasBaseRegister(traits, inst);
    return true;
  }

  // Of two immediates (enter, a far call, extrq) LLVM says the second one's place for both.
  void separateImmediates(std::span<const uint8_t> bytes, Instruction &instruction) const {
    if (instruction.fieldCount != 2 || instruction.fields[0].offset != instruction.fields[1].offset)
      return;
    const auto head = x86::readHead(bytes, machine == Machine::x64);
    if (!head || head->size >= instruction.fields[1].offset)
      return;
    instruction.fields[0].offset = head->size;
    instruction.fields[0].size = static_cast<uint8_t>(instruction.fields[1].offset - head->size);
  }

  const OpcodeTraits &describe(const llvm::MCInst &inst, Instruction &instruction) const {
    const OpcodeTraits &traits = (*opcodes)[inst.getOpcode()];
    const bool direct = instruction.fieldCount != 0 && instruction.fields[0].kind == EncodedField::Kind::branchTarget;
    instruction.opcode = inst.getOpcode();
    instruction.flow = direct ? traits.flow : traits.indirect;
    instruction.mayLoad = traits.mayLoad;
    instruction.mayStore = traits.mayStore;
    return traits;
  }

  uint8_t widthOf(const OpcodeTraits &traits, const llvm::MCInst &inst) {
    uint8_t &width = widths[inst.getOpcode()];
    if (width == widthUnknown)
      width = traits.accessesMemory ? printedWidth(text(inst, 0)) : 0;
    return width;
  }

  bool hasIndexRegister(const OpcodeTraits &traits, const llvm::MCInst &inst) const {
    if (traits.memoryOperand == OpcodeTraits::none)
      return false;
    const unsigned index = inst.getOperand(traits.memoryOperand + 2).getReg();
    return index != 0 && index != noIndex32 && index != noIndex64;
  }

  bool hasBaseRegister(const OpcodeTraits &traits, const llvm::MCInst &inst) const {
    if (traits.memoryOperand == OpcodeTraits::none)
      return false;
    const unsigned base = inst.getOperand(traits.memoryOperand).getReg();
    return base != 0 && base != instructionPointer32 && base != instructionPointer64;
  }

  // All that LLVM says is written, by name or not.
  uint32_t allWritten(const llvm::MCInst &inst) const {
    const llvm::MCInstrDesc &description = instructions->get(inst.getOpcode());
    uint32_t written = writtenRegisters(inst);
    for (const llvm::MCPhysReg implied : description.implicit_defs())
      written |= generalRegisters[implied];
    return written;
  }

  void setAddress(const OpcodeTraits &traits, const llvm::MCInst &inst, RegisterUse &use) const {
    if (traits.memoryOperand == OpcodeTraits::none || inst.getNumOperands() < traits.memoryOperand + 5U)
      return;
    const auto operand = [&](unsigned part) -> const llvm::MCOperand & {
      return inst.getOperand(traits.memoryOperand + part);
    };
    if (operand(4).getReg() != 0 || !operand(3).isImm())
      return; // fs, gs: no address that a register holds
    use.hasMemory = traits.accessesMemory;
    use.base = wholeRegisters[operand(0).getReg()];
    use.hasIndex = hasIndexRegister(traits, inst);
    if (use.hasIndex)
      use.index = wholeRegisters[operand(2).getReg()];
    use.displacement = operand(3).getImm();
  }

  RegisterUse registerUse(const llvm::MCInst &inst) const {
    using Operands = OpcodeTraits::Operands;
    using Role = RegisterUse::Role;
    const OpcodeTraits &traits = (*opcodes)[inst.getOpcode()];
    RegisterUse use;
    setAddress(traits, inst, use);
    const auto whole = [&](unsigned i) { return wholeRegisters[inst.getOperand(i).getReg()]; };
    const auto last = [&]() -> const llvm::MCOperand & { return inst.getOperand(inst.getNumOperands() - 1); };
    switch (traits.operands) {
    case Operands::other:
      break;
    case Operands::copy:
      use.role = Role::copy;
      use.destination = whole(0);
      use.source = whole(1);
      break;
    case Operands::load:
      use.role = Role::load;
      use.destination = whole(0);
      break;
    case Operands::loadAbsolute:
      use.role = Role::load;
      use.destination = 0;
      use.hasMemory = true;
      break;
    case Operands::address:
      use.role = Role::address;
      use.destination = whole(0);
      break;
    case Operands::constant:
      use.role = Role::constant;
      for (uint8_t number = 0; number < 16; ++number)
        if (generalRegisters[inst.getOperand(0).getReg()] == 1U << number)
          use.destination = number;
      use.number = last().isImm() ? last().getImm() : 0;
      if (!last().isImm())
        use.role = Role::other;
      break;
    case Operands::clear:
      if (inst.getOperand(1).getReg() != inst.getOperand(2).getReg())
        break;
      use.role = Role::constant;
      for (uint8_t number = 0; number < 16; ++number)
        if (generalRegisters[inst.getOperand(0).getReg()] == 1U << number)
          use.destination = number;
      break;
    case Operands::sum:
    case Operands::difference:
      use.role = Role::address;
      use.destination = use.base = whole(0);
      use.hasIndex = last().isReg();
      use.index = last().isReg() ? wholeRegisters[last().getReg()] : RegisterUse::none;
      if (last().isImm())
        use.displacement = traits.operands == Operands::sum ? last().getImm() : -last().getImm();
      break;
    case Operands::push:
      use.role = Role::push;
      break;
    case Operands::pushNumber:
      use.role = last().isImm() ? Role::pushNumber : Role::push;
      use.number = last().isImm() ? last().getImm() : 0;
      break;
    }
    use.written = allWritten(inst);
    return use;
  }

  std::string text(const llvm::MCInst &inst, uint64_t address) const {
    std::string result;
    llvm::raw_string_ostream stream(result);
    printer->printInst(&inst, address, "", *subtarget, stream);
    for (char &character : result)
      if (character == '\t')
        character = ' ';
    result.erase(0, result.find_first_not_of(' '));
    return result;
  }

  void prepareArm64() {
    constexpr unsigned count = 31;
    generalRegisters.assign(registers->getNumRegs(), 0);
    const auto numberOf = [](llvm::StringRef name) {
      unsigned number = count;
      if (name == "FP")
        return 29U;
      if (name == "LR")
        return 30U;
      if (!(name.consume_front("X") || name.consume_front("W")) || name.getAsInteger(10, number))
        return count;
      return number;
    };
    for (unsigned whole = 1; whole < registers->getNumRegs(); ++whole)
      for (const llvm::MCPhysReg part : registers->subregs_inclusive(whole))
        if (const unsigned number = numberOf(registers->getName(part)); number < count)
          generalRegisters[whole] |= 1U << number;
  }

  // In the order of their numbers.
  void setGeneralRegister(unsigned number, llvm::StringRef name) {
    constexpr std::array<const char *, 16> wide{"RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI",
                                                "R8",  "R9",  "R10", "R11", "R12", "R13", "R14", "R15"};
    constexpr std::array<const char *, 8> narrow{"EAX", "ECX", "EDX", "EBX", "ESP", "EBP", "ESI", "EDI"};
    if (const auto found = std::ranges::find(wide, name); found != wide.end()) {
      const auto at = static_cast<uint8_t>(found - wide.begin());
      for (const llvm::MCPhysReg part : registers->subregs_inclusive(number))
        generalRegisters[part] |= 1U << at;
      if (machine == Machine::x64)
        wholeRegisters[number] = at;
    } else if (const auto small = std::ranges::find(narrow, name); machine == Machine::x86 && small != narrow.end()) {
      wholeRegisters[number] = static_cast<uint8_t>(small - narrow.begin());
    }
  }

  void prepareX86(const llvm::Target &target, const std::string &triple) {
    auto owned = std::make_unique<FieldRecorder>(
        *context, std::unique_ptr<llvm::MCRelocationInfo>(target.createMCRelocationInfo(triple, *context)));
    recorder = owned.get();
    disassembler->setSymbolizer(std::move(owned));
    widths.assign(instructions->getNumOpcodes(), widthUnknown);
    generalRegisters.assign(registers->getNumRegs(), 0);
    wholeRegisters.assign(registers->getNumRegs(), RegisterUse::none);
    for (unsigned number = 1; number < registers->getNumRegs(); ++number) {
      const llvm::StringRef name = registers->getName(number);
      setGeneralRegister(number, name);
      if (name == "EIZ")
        noIndex32 = number;
      else if (name == "RIZ")
        noIndex64 = number;
      else if (name == "EIP")
        instructionPointer32 = number;
      else if (name == "RIP")
        instructionPointer64 = number;
    }
  }
};

Decoder::Decoder(std::unique_ptr<Machinery> machinery) : machinery_(std::move(machinery)) {}
Decoder::Decoder(Decoder &&) noexcept = default;
Decoder &Decoder::operator=(Decoder &&) noexcept = default;
Decoder::~Decoder() = default;

Result<Decoder> Decoder::create(Machine machine) {
  registerTargets();
  const Target wanted = targetOf(machine);
  const std::string triple = wanted.triple;
  std::string error;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (target == nullptr)
    return failFault("decoder", "", error, "install LLVM 19 with its X86 and AArch64 targets");
  auto machinery = std::make_unique<Machinery>();
  machinery->machine = machine;
  machinery->registers.reset(target->createMCRegInfo(triple));
  machinery->assembly.reset(target->createMCAsmInfo(*machinery->registers, triple, llvm::MCTargetOptions()));
  machinery->subtarget.reset(target->createMCSubtargetInfo(triple, "", wanted.features));
  machinery->instructions.reset(target->createMCInstrInfo());
  machinery->context = std::make_unique<llvm::MCContext>(llvm::Triple(triple), machinery->assembly.get(),
                                                         machinery->registers.get(), machinery->subtarget.get());
  machinery->disassembler.reset(target->createMCDisassembler(*machinery->subtarget, *machinery->context));
  machinery->printer.reset(target->createMCInstPrinter(llvm::Triple(triple), wanted.syntax, *machinery->assembly,
                                                       *machinery->instructions, *machinery->registers));
  machinery->printer->setPrintImmHex(true);
  machinery->printer->setPrintBranchImmAsAddress(true);
  machinery->opcodes = &opcodeTable(machine, *machinery->instructions);
  if (machine == Machine::arm64)
    machinery->prepareArm64();
  else
    machinery->prepareX86(*target, triple);
  return Decoder(std::move(machinery));
}

bool Decoder::decode(std::span<const uint8_t> bytes, uint32_t rva, Instruction &instruction) {
  instruction.rva = rva;
  return machinery_->decode(bytes, instruction);
}

bool Decoder::decodeWithRegisters(std::span<const uint8_t> bytes, uint32_t rva, Instruction &instruction,
                                  RegisterUse &use) {
  llvm::MCInst inst;
  instruction.rva = rva;
  if (!machinery_->decodeByLlvm(bytes, instruction, inst, nullptr))
    return false;
  if (machinery_->machine == Machine::arm64) {
    use = arm64::registerUse(llvm::support::endian::read32le(bytes.data()));
    use.written = machinery_->allWritten(inst);
  } else {
    use = machinery_->registerUse(inst);
  }
  return true;
}

bool Decoder::decodeWithText(std::span<const uint8_t> bytes, uint32_t rva, Instruction &instruction,
                             std::string &text) {
  llvm::MCInst inst;
  instruction.rva = rva;
  text.clear();
  if (!machinery_->decodeByLlvm(bytes, instruction, inst, &text))
    return false;
  // A relative branch is counted from the next instruction on x64 and x86, from itself on ARM64.
  text += machinery_->text(inst, machinery_->machine == Machine::arm64 ? rva : instruction.end());
  return true;
}

bool Decoder::decodeWithOperands(std::span<const uint8_t> bytes, uint32_t rva, Instruction &instruction,
                                 Operands &operands) {
  llvm::MCInst inst;
  instruction.rva = rva;
  if (!machinery_->decodeByLlvm(bytes, instruction, inst, nullptr))
    return false;
  if (!machinery_->operandReader)
    machinery_->operandReader.emplace(machinery_->machine, *machinery_->instructions, *machinery_->registers);
  const uint32_t word =
      machinery_->machine == Machine::arm64 ? llvm::support::endian::read32le(bytes.data()) : uint32_t{0};
  operands = machinery_->operandReader->read(inst, instruction, word);
  return true;
}

} // namespace hotgate::analyzer
