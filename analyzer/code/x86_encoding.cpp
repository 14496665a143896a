#include "analyzer/code/x86_encoding.h"

#include <llvm/Support/Endian.h>

#include <algorithm>
#include <array>
#include <initializer_list>

namespace hotgate::analyzer::x86 {

namespace {

// Enough to read any head without looking for the end of the code.
using Window = std::span<const uint8_t, longestInstruction + 1>;

class ByteSet {
public:
  struct Range {
    uint8_t first;
    uint8_t last;
  };
  constexpr ByteSet(std::initializer_list<Range> ranges) {
    for (const Range range : ranges)
      for (unsigned byte = range.first; byte <= range.last; ++byte)
        members_[byte] = true;
  }
  constexpr bool operator[](uint8_t byte) const { return members_[byte]; }

private:
  std::array<bool, 256> members_{};
};

constexpr uint8_t addressSizePrefix = 0x67;
constexpr ByteSet legacyPrefixes{{0x26, 0x26}, {0x2E, 0x2E}, {0x36, 0x36}, {0x3E, 0x3E},
                                 {0x64, 0x67}, {0xF0, 0xF0}, {0xF2, 0xF3}};
constexpr ByteSet prefixes64{{0x26, 0x26}, {0x2E, 0x2E}, {0x36, 0x36}, {0x3E, 0x3E},
                             {0x40, 0x4F}, {0x64, 0x67}, {0xF0, 0xF0}, {0xF2, 0xF3}};

// Opcodes with a ModRM byte in the one-byte map, and those without one behind 0F.
constexpr ByteSet withModrm{{0x00, 0x03}, {0x08, 0x0B}, {0x10, 0x13}, {0x18, 0x1B}, {0x20, 0x23}, {0x28, 0x2B},
                            {0x30, 0x33}, {0x38, 0x3B}, {0x63, 0x63}, {0x69, 0x69}, {0x6B, 0x6B}, {0x80, 0x8F},
                            {0xC0, 0xC1}, {0xC6, 0xC7}, {0xD0, 0xD3}, {0xD8, 0xDF}, {0xF6, 0xF7}, {0xFE, 0xFF}};
constexpr ByteSet withoutModrm0F{{0x05, 0x09}, {0x0B, 0x0B}, {0x0E, 0x0E}, {0x30, 0x37}, {0x77, 0x77},
                                 {0x80, 0x8F}, {0xA0, 0xA2}, {0xA8, 0xAA}, {0xC8, 0xCF}};

struct Opcode {
  uint8_t end = 0; // offset behind it
  bool hasModrm = true;
  bool isEvex = false;
};

// In 32-bit code these bytes begin an older instruction when what follows is a ModRM byte of a memory operand.
bool beginsVector(uint8_t next, bool is64) { return is64 || next >= 0xC0; }

std::optional<Opcode> readVectorOpcode(Window window, uint8_t at) {
  constexpr uint8_t zeroRegisters = 0x77; // vzeroupper and vzeroall are alone in having no ModRM byte
  constexpr uint8_t mapMask = 0x1F;
  const uint8_t map = window[at + 1] & mapMask;
  switch (window[at]) {
  case 0xC5:
    return Opcode{static_cast<uint8_t>(at + 3), window[at + 2] != zeroRegisters, false};
  case 0xC4: {
    const bool selectsRegister = map == 3 && (window[at + 3] == 0x48 || window[at + 3] == 0x49); // vpermil2ps, -pd
    if (selectsRegister)
      return std::nullopt;
    return Opcode{static_cast<uint8_t>(at + 4), map != 1 || window[at + 3] != zeroRegisters, false};
  }
  default:
    return Opcode{static_cast<uint8_t>(at + 5), true, true};
  }
}

std::optional<Opcode> readOpcode(Window window, uint8_t at, bool is64) {
  const auto behind = [at](int bytes) { return static_cast<uint8_t>(at + bytes); };
  const uint8_t byte = window[at];
  switch (byte) {
  case 0x0F:
    switch (window[at + 1]) {
    case 0x38:
    case 0x3A:
      return Opcode{behind(3)};
    case 0x0F: // 3DNow!: the operation stands behind the displacement
      return std::nullopt;
    default:
      return Opcode{behind(2), !withoutModrm0F[window[at + 1]]};
    }
  case 0x62:
  case 0xC4:
  case 0xC5:
    if (!beginsVector(window[at + 1], is64)) // bound, les, lds
      return std::nullopt;
    return readVectorOpcode(window, at);
  case 0x8F: // XOP, or pop
    if ((window[at + 1] & 0x38) != 0)
      return std::nullopt;
    break;
  case 0xD5: // REX2
    if (is64)
      return std::nullopt;
    break;
  default:
    break;
  }
  return Opcode{behind(1), withModrm[byte]};
}

// The offset behind ModRM and SIB, and what displacement they announce.
void readModrm(Window window, uint8_t at, Head &head) {
  constexpr uint8_t byAddress = 5; // as rm and as base
  constexpr uint8_t bySib = 4;
  const uint8_t mod = window[at] >> 6;
  const uint8_t rm = window[at] & 7;
  const bool hasSib = mod != 3 && rm == bySib;
  const uint8_t base = hasSib ? window[at + 1] & 7 : rm;
  head.size = static_cast<uint8_t>(at + (hasSib ? 2 : 1));
  if (mod == 1)
    head.displacement = 1;
  else if (mod == 2 || (mod == 0 && base == byAddress))
    head.displacement = 4;
}

std::optional<Head> readWindow(Window window, bool is64) {
  constexpr uint8_t mostPrefixes = 4;
  const ByteSet &prefixes = is64 ? prefixes64 : legacyPrefixes;
  uint8_t at = 0;
  for (; prefixes[window[at]]; ++at)
    if (at == mostPrefixes || (!is64 && window[at] == addressSizePrefix))
      return std::nullopt;
  const auto opcode = readOpcode(window, at, is64);
  if (!opcode)
    return std::nullopt;
  Head head;
  head.size = opcode->end;
  if (opcode->hasModrm)
    readModrm(window, opcode->end, head);
  if (head.size > sizeof head.bytes || (opcode->isEvex && head.displacement == 1))
    return std::nullopt;
  head.bytes = llvm::support::endian::read64le(window.data());
  if (head.size < sizeof head.bytes)
    head.bytes &= (uint64_t{1} << (head.size * 8)) - 1;
  return head;
}

} // namespace

std::optional<Head> readHead(std::span<const uint8_t> bytes, bool is64) {
  if (bytes.size() >= Window::extent)
    return readWindow(bytes.first<Window::extent>(), is64);
  std::array<uint8_t, Window::extent> padded{};
  std::copy(bytes.begin(), bytes.end(), padded.begin());
  return readWindow(padded, is64);
}

} // namespace hotgate::analyzer::x86
