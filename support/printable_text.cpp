#include "support/printable_text.h"

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

} // namespace hotgate
