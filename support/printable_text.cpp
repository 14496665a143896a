#include "support/printable_text.h"

#include <algorithm>
#include <fmt/format.h>
#include <llvm/Support/ConvertUTF.h>

namespace hotgate {

namespace {

std::string escapedBytes(std::string_view text, bool (*stays)(unsigned char)) {
  std::string result;
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (stays(byte))
      result += character;
    else
      result += fmt::format("\\x{:02X}", byte);
  }
  return result;
}

} // namespace

std::string printable(std::string_view text) {
  return escapedBytes(text, [](unsigned char byte) { return byte >= 0x20 && byte < 0x7F; });
}

std::string asUtf8(std::string_view text) {
  const auto *begin = reinterpret_cast<const llvm::UTF8 *>(text.data());
  if (llvm::isLegalUTF8String(&begin, begin + text.size()) != 0)
    return std::string(text);
  return escapedBytes(text, [](unsigned char byte) { return byte < 0x80; });
}

std::string grouped(int64_t number) {
  std::string digits = fmt::format("{}", number);
  const size_t first = number < 0 ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3;)
    digits.insert(at -= 3, ",");
  return digits;
}

std::string shortened(std::string text, size_t width) {
  if (text.size() > width)
    text = text.substr(0, width < 3 ? width : width - 3) + (width < 3 ? "" : "...");
  return text;
}

std::string wrapped(std::string_view text, size_t width, std::string_view indent) {
  const auto lengthOf = [](std::string_view word) {
    return static_cast<size_t>(
        std::ranges::count_if(word, [](char c) { return (static_cast<uint8_t>(c) & 0xc0U) != 0x80U; }));
  };
  std::string result;
  size_t column = 0;
  while (!text.empty()) {
    const size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    if (word.empty())
      continue;
    if (column > 0 && column + 1 + lengthOf(word) > width) {
      result += '\n';
      column = 0;
    }
    if (column == 0) {
      result += indent;
      column = indent.size();
    } else {
      result += ' ';
      ++column;
    }
    result += word;
    column += lengthOf(word);
  }
  return result + "\n";
}

} // namespace hotgate
