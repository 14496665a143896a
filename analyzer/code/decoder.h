// Decodes machine code with LLVM MC, and tells where in each instruction an address or an immediate stands.
//
// LLVM gives no encoding offsets in its MCInst. It does hand them to a symbolizer, so ours only takes notes: for
// `lea rcx, [rip + 0x1f3a]` it learns that the four bytes at offset 3 refer to a place, and which.
//
// x64 only for now: other machines are an input error of create(), so that nothing is judged by half a decoder.
#pragma once

#include "analyzer/image/image.h"
#include "support/result.h"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace hotgate::analyzer {

enum class Flow : uint8_t {
  next,
  conditionalBranch,
  branch,
  indirectBranch,
  call,
  indirectCall,
  stop /* ret, int3, ud2 */
};

// Which bits of an instruction a field takes: whole bytes, or an ARM64 instruction word's own bit fields.
enum class FieldForm : uint8_t { bytes };

// An encoded field of an instruction that holds a number.
struct EncodedField {
  enum class Kind : uint8_t {
    branchTarget, // relative; value is the target RVA
    ripRelative,  // value is the RVA that is referred to
    number,       // an immediate, or the displacement of a memory operand with a base or an absolute address
  };
  Kind kind = Kind::number;
  uint8_t offset = 0; // of its first byte in the instruction
  uint8_t size = 0;   // bytes
  int64_t value = 0;
};

struct Instruction {
  uint32_t rva = 0;
  uint8_t size = 0;
  Flow flow = Flow::next;
  bool mayLoad = false;
  bool mayStore = false;
  uint32_t opcode = 0; // LLVM's number: equal means the same operation and operand shapes
  uint8_t fieldCount = 0;
  std::array<EncodedField, 3> fields{};

  [[nodiscard]] std::span<const EncodedField> encodedFields() const { return {fields.data(), fieldCount}; }
  [[nodiscard]] uint32_t end() const { return rva + size; }
};

class Decoder {
public:
  static Result<Decoder> create(Machine machine);
  Decoder(Decoder &&) noexcept;
  Decoder &operator=(Decoder &&) noexcept;
  ~Decoder();

  // False when the bytes are no instruction, or end inside one.
  bool decode(std::span<const uint8_t> bytes, uint32_t rva, Instruction &instruction);
  // The same, and the text in Intel syntax; addresses are RVAs ("call 0x1400").
  bool decodeWithText(std::span<const uint8_t> bytes, uint32_t rva, Instruction &instruction, std::string &text);

private:
  struct Machinery;
  explicit Decoder(std::unique_ptr<Machinery> machinery);
  std::unique_ptr<Machinery> machinery_;
};

} // namespace hotgate::analyzer
