// Texts in constant data, known by what they are made of: characters up to a zero, each of one or two bytes.
//
// Limits: ASCII. One character in front of a zero is a number as likely as a text, and counts as none.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>

namespace hotgate::analyzer {

struct TextConstant {
  uint32_t width = 1;  // bytes of a character
  uint32_t length = 0; // characters
  bool ends = true;    // false: there are more of them
};

[[nodiscard]] bool isTextCharacter(uint32_t character);

// The text that begins where the bytes do. It is looked at up to so many characters.
[[nodiscard]] std::optional<TextConstant> textIn(std::span<const uint8_t> bytes,
                                                 uint32_t mostCharacters = std::numeric_limits<uint32_t>::max());

// Its bytes, the terminator too; 0 when there is none.
[[nodiscard]] uint32_t textSize(std::span<const uint8_t> bytes);

} // namespace hotgate::analyzer
