#include "analyzer/diff/text_constant.h"

#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/Endian.h>

namespace hotgate::analyzer {

namespace {

std::optional<TextConstant> textIn(std::span<const uint8_t> bytes, uint32_t width, uint32_t mostCharacters) {
  constexpr uint32_t leastCharacters = 2;
  uint32_t length = 0;
  for (size_t at = 0; at + width <= bytes.size(); at += width, ++length) {
    const uint32_t character = width == 1 ? bytes[at] : llvm::support::endian::read16le(&bytes[at]);
    if (character == 0)
      return length < leastCharacters ? std::nullopt : std::optional(TextConstant{width, length, true});
    if (!isTextCharacter(character))
      return std::nullopt;
    if (length == mostCharacters)
      return TextConstant{width, length, false};
  }
  return std::nullopt;
}

} // namespace

bool isTextCharacter(uint32_t character) {
  const char c = static_cast<char>(character);
  return character < 0x80 && (llvm::isPrint(c) || llvm::isSpace(c));
}

std::optional<TextConstant> textIn(std::span<const uint8_t> bytes, uint32_t mostCharacters) {
  const auto text = textIn(bytes, 1, mostCharacters);
  return text ? text : textIn(bytes, 2, mostCharacters);
}

uint32_t textSize(std::span<const uint8_t> bytes) {
  const auto text = textIn(bytes);
  return text ? (text->length + 1) * text->width : 0;
}

} // namespace hotgate::analyzer
