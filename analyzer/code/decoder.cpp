#include "analyzer/code/decoder.h"

#include <llvm/ADT/SmallString.h>
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
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <mutex>

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
  }

  bool tryAddingSymbolicOperand(llvm::MCInst &, llvm::raw_ostream &, int64_t value, uint64_t, bool isBranch,
                                uint64_t offset, uint64_t operandSize, uint64_t) override {
    if (operandSize != 0) // a RIP-relative displacement arrives here too, without its size
      add(isBranch ? EncodedField::Kind::branchTarget : EncodedField::Kind::number, prefix_ + offset, operandSize,
          value);
    return false;
  }

  // `address` is that of the displacement itself.
  void tryAddingPcLoadReferenceComment(llvm::raw_ostream &, int64_t value, uint64_t address) override {
    add(EncodedField::Kind::ripRelative, address - instruction_->rva, 4, value);
  }

private:
  void add(EncodedField::Kind kind, uint64_t offset, uint64_t size, int64_t value) {
    if (instruction_->fieldCount < instruction_->fields.size())
      instruction_->fields[instruction_->fieldCount++] = {kind, static_cast<uint8_t>(offset),
                                                          static_cast<uint8_t>(size), value};
  }

  Instruction *instruction_ = nullptr;
  uint8_t prefix_ = 0;
};

bool isPrefixName(llvm::StringRef name) { return name.ends_with("_PREFIX"); }

} // namespace

struct Decoder::Machinery {
  std::unique_ptr<llvm::MCRegisterInfo> registers;
  std::unique_ptr<llvm::MCAsmInfo> assembly;
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget;
  std::unique_ptr<llvm::MCInstrInfo> instructions;
  std::unique_ptr<llvm::MCContext> context;
  std::unique_ptr<llvm::MCDisassembler> disassembler;
  std::unique_ptr<llvm::MCInstPrinter> printer;
  FieldRecorder *recorder = nullptr; // owned by the disassembler

  // One instruction of LLVM's, which may be a lone prefix.
  bool step(std::span<const uint8_t> bytes, uint64_t address, llvm::MCInst &inst, uint64_t &size) const {
    return disassembler->getInstruction(inst, size, {bytes.data(), bytes.size()}, address, llvm::nulls()) ==
           llvm::MCDisassembler::Success;
  }

  // The whole instruction: LLVM returns `lock` and a stray `rep` as instructions of their own.
  bool decode(std::span<const uint8_t> bytes, uint32_t rva, Instruction &instruction, llvm::MCInst &inst,
              std::string *prefixText) const {
    constexpr int longestInstruction = 15;
    instruction = {};
    instruction.rva = rva;
    uint8_t prefix = 0;
    for (;;) {
      if (prefix >= bytes.size() || prefix >= longestInstruction)
        return false;
      inst.clear();
      recorder->begin(instruction, prefix);
      uint64_t size = 0;
      if (!step(bytes.subspan(prefix), uint64_t{rva} + prefix, inst, size) || size == 0 ||
          prefix + size > longestInstruction)
        return false;
      instruction.size = static_cast<uint8_t>(prefix + size);
      if (!isPrefixName(instructions->getName(inst.getOpcode())) || instruction.size == bytes.size())
        break;
      prefix = instruction.size;
      if (prefixText != nullptr)
        *prefixText += text(inst, 0) + " ";
    }
    describe(inst, instruction);
    return true;
  }

  void describe(const llvm::MCInst &inst, Instruction &instruction) const {
    const llvm::MCInstrDesc &description = instructions->get(inst.getOpcode());
    instruction.opcode = inst.getOpcode();
    instruction.mayLoad = description.mayLoad();
    instruction.mayStore = description.mayStore();
    const bool direct = instruction.fieldCount != 0 && instruction.fields[0].kind == EncodedField::Kind::branchTarget;
    if (description.isCall())
      instruction.flow = direct ? Flow::call : Flow::indirectCall;
    else if (description.isReturn() || description.isTrap() || instructions->getName(inst.getOpcode()) == "INT3")
      instruction.flow = Flow::stop;
    else if (description.isConditionalBranch())
      instruction.flow = Flow::conditionalBranch;
    else if (description.isBranch())
      instruction.flow = direct ? Flow::branch : Flow::indirectBranch;
  }

  std::string text(const llvm::MCInst &inst, uint64_t nextAddress) const {
    std::string result;
    llvm::raw_string_ostream stream(result);
    printer->printInst(&inst, nextAddress, "", *subtarget, stream);
    for (char &character : result)
      if (character == '\t')
        character = ' ';
    result.erase(0, result.find_first_not_of(' '));
    return result;
  }
};

Decoder::Decoder(std::unique_ptr<Machinery> machinery) : machinery_(std::move(machinery)) {}
Decoder::Decoder(Decoder &&) noexcept = default;
Decoder &Decoder::operator=(Decoder &&) noexcept = default;
Decoder::~Decoder() = default;

Result<Decoder> Decoder::create(Machine machine) {
  if (machine != Machine::x64)
    return failInput("decoder", "", fmt::format("{} code is not decoded yet", machineName(machine)),
                     "compare x64 images");
  static std::once_flag registered;
  std::call_once(registered, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86Disassembler();
  });
  const std::string triple = "x86_64-pc-windows-msvc";
  std::string error;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (target == nullptr)
    return failFault("decoder", "", error, "install LLVM 19 with its X86 target");
  auto machinery = std::make_unique<Machinery>();
  machinery->registers.reset(target->createMCRegInfo(triple));
  machinery->assembly.reset(target->createMCAsmInfo(*machinery->registers, triple, llvm::MCTargetOptions()));
  machinery->subtarget.reset(target->createMCSubtargetInfo(triple, "", ""));
  machinery->instructions.reset(target->createMCInstrInfo());
  machinery->context = std::make_unique<llvm::MCContext>(llvm::Triple(triple), machinery->assembly.get(),
                                                         machinery->registers.get(), machinery->subtarget.get());
  machinery->disassembler.reset(target->createMCDisassembler(*machinery->subtarget, *machinery->context));
  constexpr unsigned intelSyntax = 1;
  machinery->printer.reset(target->createMCInstPrinter(llvm::Triple(triple), intelSyntax, *machinery->assembly,
                                                       *machinery->instructions, *machinery->registers));
  machinery->printer->setPrintImmHex(true);
  machinery->printer->setPrintBranchImmAsAddress(true);
  auto recorder = std::make_unique<FieldRecorder>(
      *machinery->context,
      std::unique_ptr<llvm::MCRelocationInfo>(target->createMCRelocationInfo(triple, *machinery->context)));
  machinery->recorder = recorder.get();
  machinery->disassembler->setSymbolizer(std::move(recorder));
  return Decoder(std::move(machinery));
}

bool Decoder::decode(std::span<const uint8_t> bytes, uint32_t rva, Instruction &instruction) {
  llvm::MCInst inst;
  return machinery_->decode(bytes, rva, instruction, inst, nullptr);
}

bool Decoder::decodeWithText(std::span<const uint8_t> bytes, uint32_t rva, Instruction &instruction,
                             std::string &text) {
  llvm::MCInst inst;
  text.clear();
  if (!machinery_->decode(bytes, rva, instruction, inst, &text))
    return false;
  // LLVM adds a relative branch's displacement to the address that it is given: that of the next instruction.
  text += machinery_->text(inst, instruction.end());
  return true;
}

} // namespace hotgate::analyzer
