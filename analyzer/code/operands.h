// What an instruction does with general registers and with memory behind one: enough to follow a pointer from register
// to register, and to say which displacement of it is accessed.
//
// `family` is LLVM's opcode without widths and encodings, so that `mov eax, [rcx+8]`, `mov rax, [rcx+8]` and `movzx
// eax, byte ptr [rcx+0x108]` are one operation. Registers are numbered as in the machine's encoding, whatever part of
// them is named: 0 is rax, eax and al; 31 is ARM64's sp.
//
// Limits: vector registers are nothing here. An instruction with two memory operands (`movs`) has none.
#pragma once

#include "analyzer/code/instruction.h"
#include "analyzer/image/image.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace llvm {
class MCInst;
class MCInstrInfo;
class MCRegisterInfo;
} // namespace llvm

namespace hotgate::analyzer {

enum class Effect : uint8_t {
  other,
  copy,     // mov rbx, rcx
  constant, // mov r8d, 0x48; xor eax, eax
  load,     // mov rax, [rcx + 0x10]
  store,    // mov [rcx + 0x10], rax
  address,  // lea rax, [rcx + 0x10]; add rcx, 0x10
};

struct Operands {
  static constexpr uint8_t none = 0xFF;

  uint16_t family = 0; // equal for equal operations of one machine; 0 is none
  Effect effect = Effect::other;
  bool changesBits = false;  // and, or, test, a shift, a bit-field move
  bool multiplies = false;   // by an immediate
  bool isArithmetic = false; // an `address` that is an addition in the code
  uint8_t base = none;       // of the memory operand, or of `address`; rip is none
  uint8_t index = none;      //
  uint8_t scale = 1;         // of the index
  uint8_t target = none;     // what copy, constant, load and address write
  uint8_t source = none;     // what copy and store read
  int64_t displacement = 0;  //
  std::optional<int64_t> immediate;
  uint32_t written = 0;   // bit n for register n; not what a callee writes
  uint32_t registers = 0; // a hash of the register operands, in order
};

// The machine's registers as LLVM numbers them, and the opcodes' families. Made once a decoder.
class OperandReader {
public:
  OperandReader(Machine machine, const llvm::MCInstrInfo &instructions, const llvm::MCRegisterInfo &registers);

  // Of an instruction that LLVM has just decoded; `word` is ARM64's.
  [[nodiscard]] Operands read(const llvm::MCInst &inst, const Instruction &instruction, uint32_t word) const;

private:
  void readX86(const llvm::MCInst &inst, Operands &operands) const;
  void readX86Effect(const llvm::MCInst &inst, Operands &operands) const;
  void readArm64Bits(const llvm::MCInst &inst, uint32_t word, Operands &operands) const;
  void readArm64(const Instruction &instruction, uint32_t word, Operands &operands) const;
  [[nodiscard]] uint8_t numberOf(unsigned llvmRegister) const { return numbers_[llvmRegister]; }

  Machine machine_;
  const llvm::MCInstrInfo &instructions_;
  const std::vector<struct Family> &families_; // by opcode
  std::vector<uint8_t> numbers_;               // by LLVM's register
};

} // namespace hotgate::analyzer
