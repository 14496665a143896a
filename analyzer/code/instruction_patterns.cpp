#include "analyzer/code/instruction_patterns.h"

#include <llvm/Support/Endian.h>

namespace hotgate::analyzer {

namespace {

constexpr unsigned slotBits = 14;

size_t slotOf(uint64_t head) {
  constexpr uint64_t goldenRatio = 0x9E3779B97F4A7C15; // Fibonacci hashing: the upper bits of the product are mixed
  return (head * goldenRatio) >> (64 - slotBits);
}

struct Number {
  int64_t asSigned = 0;
  int64_t asUnsigned = 0;
};

// `size` is 1, 2, 4 or 8.
Number readNumber(const uint8_t *at, uint8_t size) {
  using namespace llvm::support::endian;
  switch (size) {
  case 1:
    return {static_cast<int8_t>(*at), *at};
  case 2:
    return {static_cast<int16_t>(read16le(at)), read16le(at)};
  case 4:
    return {static_cast<int32_t>(read32le(at)), read32le(at)};
  default:
    return {static_cast<int64_t>(read64le(at)), static_cast<int64_t>(read64le(at))};
  }
}

bool isNumberSize(uint8_t size) { return size == 1 || size == 2 || size == 4 || size == 8; }

} // namespace

bool InstructionPatterns::learnField(const EncodedField &from, std::span<const uint8_t> bytes, uint32_t end,
                                     Field &field) {
  if (!isNumberSize(from.size))
    return false;
  const Number number = readNumber(&bytes[from.offset], from.size);
  const int64_t value = from.kind == EncodedField::Kind::number ? from.value : from.value - end;
  field = {from.kind, from.offset, from.size, Extension::unknown};
  if (number.asSigned == number.asUnsigned && from.size < sizeof(int64_t))
    return value == number.asSigned;
  field.extension = value == number.asSigned ? Extension::sign : Extension::zero;
  return value == number.asSigned || value == number.asUnsigned;
}

void InstructionPatterns::learn(uint64_t head, uint8_t headSize, std::span<const uint8_t> bytes,
                                const Instruction &instruction) {
  Pattern pattern{head,
                  instruction.opcode,
                  instruction.size,
                  instruction.flow,
                  instruction.mayLoad,
                  instruction.mayStore,
                  instruction.accessWidth,
                  instruction.hasIndexRegister,
                  instruction.hasBaseRegister,
                  instruction.writtenRegisters,
                  instruction.fieldCount,
                  {}};
  if (instruction.fieldCount > pattern.fields.size())
    return;
  uint32_t filled = headSize;
  for (size_t i = 0; i < instruction.fieldCount; ++i) {
    const EncodedField &field = instruction.fields[i];
    if (field.offset != filled || filled + field.size > instruction.size ||
        !learnField(field, bytes, instruction.end(), pattern.fields[i]))
      return;
    filled += field.size;
  }
  if (filled != instruction.size)
    return;
  if (slots_.empty())
    slots_.resize(size_t{1} << slotBits);
  slots_[slotOf(head)] = pattern;
}

bool InstructionPatterns::apply(uint64_t head, std::span<const uint8_t> bytes, Instruction &instruction) const {
  if (slots_.empty())
    return false;
  const Pattern &pattern = slots_[slotOf(head)];
  if (pattern.head != head || pattern.size == 0 || pattern.size > bytes.size())
    return false;
  for (uint8_t i = 0; i < pattern.fieldCount; ++i) {
    const Field &field = pattern.fields[i];
    const Number number = readNumber(&bytes[field.offset], field.size);
    if (field.extension == Extension::unknown && number.asSigned != number.asUnsigned)
      return false;
    int64_t value = field.extension == Extension::zero ? number.asUnsigned : number.asSigned;
    if (field.kind != EncodedField::Kind::number)
      value += int64_t{instruction.rva} + pattern.size;
    instruction.fields[i] = {field.kind, field.offset, field.size, FieldForm::bytes, value};
  }
  instruction.size = pattern.size;
  instruction.flow = pattern.flow;
  instruction.mayLoad = pattern.mayLoad;
  instruction.mayStore = pattern.mayStore;
  instruction.opcode = pattern.opcode;
  instruction.accessWidth = pattern.accessWidth;
  instruction.hasIndexRegister = pattern.hasIndexRegister;
  instruction.hasBaseRegister = pattern.hasBaseRegister;
  instruction.writtenRegisters = pattern.writtenRegisters;
  instruction.fieldCount = pattern.fieldCount;
  return true;
}

} // namespace hotgate::analyzer
