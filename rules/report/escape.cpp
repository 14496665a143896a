#include "rules/report/escape.h"

#include <fmt/format.h>

#include <algorithm>

namespace hotgate::rules {

namespace {

// The code point at the start of valid UTF-8 and its length; the text may come from a row that nobody checked, so a
// broken sequence counts as one byte.
struct CodePoint {
  uint32_t value = 0;
  size_t size = 1;
};

CodePoint firstOf(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  const size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (size == 1 || size > text.size())
    return {lead, 1};
  uint32_t value = lead & (0xffU >> (size + 1));
  for (size_t i = 1; i < size; ++i)
    value = (value << 6) | (byte(i) & 0x3fU);
  return {value, size};
}

bool isBetween(uint32_t value, uint32_t first, uint32_t last) { return value >= first && value <= last; }

// Control characters, line and paragraph separators, marks that turn the direction, and what XML 1.0 does not allow.
bool isUnsafe(uint32_t c) {
  return c < 0x20 || isBetween(c, 0x7f, 0x9f) || isBetween(c, 0x200e, 0x200f) || isBetween(c, 0x2028, 0x202e) ||
         isBetween(c, 0x2066, 0x2069) || c == 0x061c || isBetween(c, 0xfffe, 0xffff);
}

} // namespace

std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const CodePoint c = firstOf(text);
    if (isUnsafe(c.value))
      result += c.value < 0x100 ? fmt::format("\\x{:02x}", c.value) : fmt::format("\\u{:04x}", c.value);
    else
      result += text.substr(0, c.size);
    text.remove_prefix(c.size);
  }
  return result;
}

std::string escapeMarkup(std::string_view text) {
  std::string result;
  for (const char c : printable(text)) {
    switch (c) {
    case '&':
      result += "&amp;";
      break;
    case '<':
      result += "&lt;";
      break;
    case '>':
      result += "&gt;";
      break;
    case '"':
      result += "&quot;";
      break;
    case '\'':
      result += "&#39;";
      break;
    default:
      result += c;
    }
  }
  return result;
}

} // namespace hotgate::rules
