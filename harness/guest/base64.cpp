#include "harness/guest/base64.h"

#include <algorithm>
#include <array>

namespace hotgate::harness {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<int, 256> valuesOfCharacters() {
  std::array<int, 256> values{};
  values.fill(-1);
  for (size_t value = 0; value < alphabet.size(); ++value)
    values[static_cast<uint8_t>(alphabet[value])] = static_cast<int>(value);
  return values;
}
constexpr auto characterValues = valuesOfCharacters();

} // namespace

std::string encodeBase64(std::span<const uint8_t> bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - at);
    uint32_t group = 0;
    for (size_t index = 0; index < 3; ++index)
      group = group << 8U | (index < count ? bytes[at + index] : 0U);
    for (size_t index = 0; index < 4; ++index)
      text += index <= count ? alphabet[group >> (18 - 6 * index) & 63U] : '=';
  }
  return text;
}

std::optional<std::string> decodeBase64(std::string_view text) {
  if (text.size() % 4 != 0)
    return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (size_t at = 0; at < text.size(); at += 4) {
    std::string_view group = text.substr(at, 4);
    if (at + 4 == text.size())
      while (group.ends_with('=') && group.size() > 2)
        group.remove_suffix(1);
    uint32_t value = 0;
    for (const char character : group) {
      const int digit = characterValues[static_cast<uint8_t>(character)];
      if (digit < 0)
        return std::nullopt;
      value = value << 6U | static_cast<uint32_t>(digit);
    }
    const size_t padding = 4 - group.size(); // 0 to 2
    value <<= 6 * padding;
    for (size_t index = 0; index < 3 - padding; ++index)
      bytes += static_cast<char>(value >> (16 - 8 * index) & 0xFFU);
  }
  return bytes;
}

} // namespace hotgate::harness
