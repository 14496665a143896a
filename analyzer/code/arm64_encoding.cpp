#include "analyzer/code/arm64_encoding.h"

#include <array>

namespace hotgate::analyzer::arm64 {

namespace {

// An encoding class: the words with these bits under this mask.
struct Class {
  uint32_t mask;
  uint32_t bits;
  [[nodiscard]] bool has(uint32_t word) const { return (word & mask) == bits; }
};

// Loads and stores.
constexpr Class loadLiteral{0x3B000000, 0x18000000};
constexpr Class pair{0x3A000000, 0x28000000};
constexpr Class unsignedOffset{0x3B000000, 0x39000000};
constexpr Class signedOffset{0x3B200000, 0x38000000}; // unscaled, pre- and post-indexed, unprivileged
constexpr Class registerOffset{0x3B200C00, 0x38200800};
constexpr Class authenticated{0xFF200400, 0xF8200400};
constexpr Class atomic{0x3F200C00, 0x38200000};
constexpr Class atomicPair{0xFF200C00, 0x19200000};
constexpr Class exclusive{0x3F000000, 0x08000000};
constexpr Class releaseConsistent{0x3F200C00, 0x19000000};       // ldapur, stlur
constexpr Class releaseConsistentVector{0x3F200C00, 0x1D000800}; // the same of vector registers
constexpr Class vectorStructures{0xBFBF0000, 0x0C000000};        // ld1 to ld4 of whole registers
constexpr Class vectorStructuresPostIndexed{0xBFA00000, 0x0C800000};
constexpr Class vectorElements{0xBF9F0000, 0x0D000000}; // of one lane, or replicated
constexpr Class vectorElementsPostIndexed{0xBF800000, 0x0D800000};

constexpr unsigned bits(uint32_t word, unsigned low, unsigned count) { return (word >> low) & ((1U << count) - 1); }

constexpr bool isVector(uint32_t word) { return bits(word, 26, 1) != 0; }

constexpr int64_t signExtended(uint32_t value, unsigned width) {
  const int64_t sign = int64_t{1} << (width - 1);
  return (int64_t{value} ^ sign) - sign;
}

// Log2 of the bytes that a load or store of one register accesses. A vector register's size has a third bit.
unsigned registerScale(uint32_t word) {
  const unsigned size = bits(word, 30, 2);
  return isVector(word) ? (bits(word, 23, 1) << 2) | size : size;
}

// Log2 of the bytes of each register of a pair.
unsigned pairScale(uint32_t word) {
  const unsigned opc = bits(word, 30, 2);
  if (isVector(word))
    return 2 + opc;
  const bool isTagged = opc == 1 && bits(word, 22, 1) == 0; // stgp stores 16 bytes in 16-byte units
  return isTagged ? 4 : 2 + (opc >> 1);
}

bool isPrefetch(uint32_t word) { return bits(word, 30, 2) == 3 && !isVector(word) && bits(word, 23, 1) == 1; }

constexpr EncodedField field(EncodedField::Kind kind, FieldForm form, int64_t value) {
  return {kind, 0, sizeof(uint32_t), form, value};
}

// Relative to the instruction; also adr, adrp and ldr (literal).
std::optional<EncodedField> relativeField(uint32_t word, uint32_t rva) {
  using Kind = EncodedField::Kind;
  constexpr Class branch{0x7C000000, 0x14000000};
  constexpr Class conditional{0xFF000000, 0x54000000};
  constexpr Class compareAndBranch{0x7E000000, 0x34000000};
  constexpr Class testAndBranch{0x7E000000, 0x36000000};
  constexpr Class address{0x9F000000, 0x10000000};
  constexpr Class pageAddress{0x9F000000, 0x90000000};
  constexpr int64_t instructionSize = 4;
  constexpr unsigned pageShift = 12;
  if (branch.has(word))
    return field(Kind::branchTarget, FieldForm::arm64Branch26,
                 rva + signExtended(bits(word, 0, 26), 26) * instructionSize);
  if (conditional.has(word) || compareAndBranch.has(word))
    return field(Kind::branchTarget, FieldForm::arm64Branch19,
                 rva + signExtended(bits(word, 5, 19), 19) * instructionSize);
  if (testAndBranch.has(word))
    return field(Kind::branchTarget, FieldForm::arm64Branch14,
                 rva + signExtended(bits(word, 5, 14), 14) * instructionSize);
  if (loadLiteral.has(word))
    return field(Kind::ripRelative, FieldForm::arm64Literal19,
                 rva + signExtended(bits(word, 5, 19), 19) * instructionSize);
  const int64_t offset = signExtended((bits(word, 5, 19) << 2) | bits(word, 29, 2), 21);
  if (address.has(word))
    return field(Kind::ripRelative, FieldForm::arm64Address21, rva + offset);
  if (pageAddress.has(word)) // an image base is a multiple of 64 KiB, so pages of RVAs are pages of addresses
    return field(Kind::page, FieldForm::arm64Address21, ((int64_t{rva} >> pageShift) + offset) * (1 << pageShift));
  return std::nullopt;
}

std::optional<EncodedField> memoryOffset(uint32_t word) {
  if (pair.has(word))
    return field(EncodedField::Kind::number, FieldForm::arm64Offset7,
                 signExtended(bits(word, 15, 7), 7) * (1 << pairScale(word)));
  if (unsignedOffset.has(word))
    return field(EncodedField::Kind::number, FieldForm::arm64Offset12,
                 int64_t{bits(word, 10, 12)} << registerScale(word));
  if (signedOffset.has(word) || releaseConsistent.has(word) || releaseConsistentVector.has(word))
    return field(EncodedField::Kind::number, FieldForm::arm64Offset9, signExtended(bits(word, 12, 9), 9));
  return std::nullopt;
}

std::optional<EncodedField> immediate(uint32_t word) {
  constexpr Class addOrSubtract{0x1F800000, 0x11000000};
  constexpr Class logical{0x1F800000, 0x12000000};
  constexpr Class moveWide{0x1F800000, 0x12800000};
  if (addOrSubtract.has(word))
    return field(EncodedField::Kind::number, FieldForm::arm64Offset12,
                 int64_t{bits(word, 10, 12)} << (bits(word, 22, 1) * 12));
  if (logical.has(word))
    return field(EncodedField::Kind::number, FieldForm::arm64Bitmask13, bits(word, 10, 13));
  if (moveWide.has(word))
    return field(EncodedField::Kind::number, FieldForm::arm64Move16, bits(word, 5, 16));
  return std::nullopt;
}

// ld64b, st64b, st64bv, st64bv0 lie among the atomics.
bool isSixtyFourBytes(uint32_t word) {
  constexpr Class eightRegisters{0xFFE08C00, 0xF8208000};
  const unsigned operation = bits(word, 12, 3);
  return eightRegisters.has(word) && (operation == 1 || operation == 2 || operation == 3 || operation == 5);
}

unsigned exclusiveWidth(uint32_t word) {
  const unsigned size = bits(word, 30, 2);
  const bool isPair = bits(word, 21, 1) != 0 && bits(word, 23, 1) == 0;
  if (!isPair)
    return 1U << size;
  return size < 2 ? 8U << size : 2U << size; // casp; ldxp, stxp
}

unsigned structuresWidth(uint32_t word) {
  // By bits 12 to 15: how many registers ld1 to ld4 and st1 to st4 move.
  constexpr std::array<uint8_t, 16> registers{4, 0, 4, 0, 3, 0, 3, 1, 2, 0, 2, 0, 0, 0, 0, 0};
  return registers[bits(word, 12, 4)] * (8U << bits(word, 30, 1));
}

unsigned elementsWidth(uint32_t word) {
  const unsigned operation = bits(word, 13, 3);
  const unsigned count = (((operation & 1) << 1) | bits(word, 21, 1)) + 1;
  unsigned scale = operation >> 1;
  if (scale == 3) // replicated to all lanes
    scale = bits(word, 10, 2);
  else if (scale == 2 && bits(word, 10, 1) != 0)
    scale = 3;
  return count << scale;
}

} // namespace

std::optional<EncodedField> encodedField(uint32_t word, uint32_t rva) {
  if (const auto relative = relativeField(word, rva))
    return relative;
  if (const auto offset = memoryOffset(word))
    return offset;
  return immediate(word);
}

uint8_t accessWidth(uint32_t word) {
  if (loadLiteral.has(word)) {
    const unsigned opc = bits(word, 30, 2);
    if (isVector(word))
      return static_cast<uint8_t>(4U << opc);
    return opc == 3 ? 0 : opc == 1 ? 8 : 4; // prfm, 64 bits, 32 bits
  }
  if (pair.has(word))
    return static_cast<uint8_t>(2U << pairScale(word));
  if (authenticated.has(word))
    return 8;
  if (isSixtyFourBytes(word))
    return 64;
  if (atomic.has(word))
    return static_cast<uint8_t>(1U << bits(word, 30, 2));
  if (atomicPair.has(word))
    return 16;
  if (unsignedOffset.has(word) || signedOffset.has(word) || registerOffset.has(word) ||
      releaseConsistentVector.has(word))
    return isPrefetch(word) ? 0 : static_cast<uint8_t>(1U << registerScale(word));
  if (releaseConsistent.has(word))
    return static_cast<uint8_t>(1U << bits(word, 30, 2));
  if (exclusive.has(word))
    return static_cast<uint8_t>(exclusiveWidth(word));
  if (vectorStructures.has(word) || vectorStructuresPostIndexed.has(word))
    return static_cast<uint8_t>(structuresWidth(word));
  if (vectorElements.has(word) || vectorElementsPostIndexed.has(word))
    return static_cast<uint8_t>(elementsWidth(word));
  return 0;
}

bool hasIndexRegister(uint32_t word) { return registerOffset.has(word); }

bool isTrap(uint32_t word) {
  constexpr Class breakpoint{0xFFE0001F, 0xD4200000};
  constexpr Class halt{0xFFE0001F, 0xD4400000};
  constexpr Class undefined{0xFFFF0000, 0x00000000};
  return breakpoint.has(word) || halt.has(word) || undefined.has(word);
}

namespace {

// The memory operand of a load or store whose width is known. Post-indexed ones access the base itself.
void setMemory(uint32_t word, RegisterUse &use) {
  use.hasMemory = true;
  if (loadLiteral.has(word))
    return;
  use.base = static_cast<uint8_t>(bits(word, 5, 5));
  use.hasIndex = hasIndexRegister(word) || authenticated.has(word);
  if (registerOffset.has(word))
    use.index = static_cast<uint8_t>(bits(word, 16, 5));
  const bool isPostIndexed =
      (pair.has(word) && bits(word, 23, 2) == 1) || (signedOffset.has(word) && bits(word, 10, 2) == 1);
  if (const auto offset = memoryOffset(word); offset && !isPostIndexed)
    use.displacement = offset->value;
}

} // namespace

RegisterUse registerUse(uint32_t word) {
  constexpr Class copy{0xFFE0FFE0, 0xAA0003E0};        // mov x1, x2
  constexpr Class add{0xFF800000, 0x91000000};         // add x1, x2, #8
  constexpr Class subtract{0xFF800000, 0xD1000000};    //
  constexpr Class addRegister{0xFF200000, 0x8B000000}; // add x1, x2, x3, lsl #4
  constexpr Class addExtended{0xFFE00000, 0x8B200000};
  constexpr Class moveWide{0x7FE00000, 0x52800000}; // movz, without a shift
  constexpr Class load{0xFFC00000, 0xF9400000};     // ldr x1, [x2, #8]
  constexpr Class loadUnscaled{0xFFE00C00, 0xF8400000};
  RegisterUse use;
  const auto destination = static_cast<uint8_t>(bits(word, 0, 5));
  const auto first = static_cast<uint8_t>(bits(word, 5, 5));
  const auto second = static_cast<uint8_t>(bits(word, 16, 5));
  if (copy.has(word)) {
    use = {RegisterUse::Role::copy, destination, second};
  } else if (add.has(word) || subtract.has(word)) {
    use = {RegisterUse::Role::address, destination};
    use.base = first;
    use.displacement = immediate(word)->value * (add.has(word) ? 1 : -1);
  } else if (addRegister.has(word) || addExtended.has(word)) {
    use = {RegisterUse::Role::address, destination};
    use.base = first;
    use.index = second;
    use.hasIndex = true;
  } else if (moveWide.has(word)) {
    use = {RegisterUse::Role::constant, destination, RegisterUse::none, bits(word, 5, 16)};
  } else if (accessWidth(word) != 0) {
    if (load.has(word) || loadUnscaled.has(word))
      use = {RegisterUse::Role::load, destination};
    setMemory(word, use);
  }
  return use;
}

} // namespace hotgate::analyzer::arm64
