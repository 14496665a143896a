#include "analyzer/code/switch_bound.h"

#include <llvm/Support/Endian.h>

namespace hotgate::analyzer {

namespace {

struct RegisterAndNumber {
  uint8_t register_ = 0;
  uint32_t number = 0;
};

// `cmp reg32, imm`
std::optional<RegisterAndNumber> readComparison(std::span<const uint8_t> bytes) {
  constexpr uint8_t withEax = 0x3D, withByte = 0x83, withNumber = 0x81;
  constexpr uint8_t modrmOfCmp = 0xF8; // and the register in the low three bits
  if (bytes.size() == 5 && bytes[0] == withEax)
    return RegisterAndNumber{0, llvm::support::endian::read32le(&bytes[1])};
  if (bytes.size() < 3 || (bytes[1] & 0xF8) != modrmOfCmp)
    return std::nullopt;
  const uint8_t compared = bytes[1] & 7;
  if (bytes.size() == 3 && bytes[0] == withByte)
    return RegisterAndNumber{compared, static_cast<uint32_t>(static_cast<int8_t>(bytes[2]))};
  if (bytes.size() == 6 && bytes[0] == withNumber)
    return RegisterAndNumber{compared, llvm::support::endian::read32le(&bytes[2])};
  return std::nullopt;
}

// The low four bits of the opcode of a conditional branch, near or short.
std::optional<uint8_t> readCondition(std::span<const uint8_t> bytes) {
  if (bytes.size() == 2 && (bytes[0] & 0xF0) == 0x70)
    return bytes[0] & 0xF;
  if (bytes.size() == 6 && bytes[0] == 0x0F && (bytes[1] & 0xF0) == 0x80)
    return bytes[1] & 0xF;
  return std::nullopt;
}

} // namespace

void SwitchBound::follow(std::span<const uint8_t> instruction) {
  if (const auto comparison = readComparison(instruction)) {
    compared_ = comparison->register_;
    number_ = comparison->number;
    cases_ = 0;
    return;
  }
  constexpr uint8_t below = 2, notBelow = 3, notAbove = 6, above = 7;
  const auto condition = readCondition(instruction);
  if (condition == above || condition == notAbove)
    cases_ = number_ + 1;
  else if (condition == below || condition == notBelow)
    cases_ = number_;
}

// `jmp dword ptr [4*index + table]`: FF /4, a SIB byte with scale 4 and without a base.
std::optional<uint32_t> SwitchBound::casesOf(std::span<const uint8_t> jump) const {
  if (cases_ == 0 || jump.size() != 7 || jump[0] != 0xFF || jump[1] != 0x24 || (jump[2] & 0xC7) != 0x85 ||
      (jump[2] >> 3 & 7) != compared_)
    return std::nullopt;
  return cases_;
}

} // namespace hotgate::analyzer
