#include "analyzer/diff/referent_text.h"

#include <algorithm>
#include <bit>
#include <llvm/Support/Endian.h>
#include <optional>
#include <span>

namespace hotgate::analyzer {

using llvm::support::endian::read16le;
using llvm::support::endian::read32le;
using llvm::support::endian::read64le;

namespace {

constexpr size_t mostCharacters = 64;
constexpr size_t mostBytes = 16;
constexpr size_t shortestText = 2; // one printable byte before a zero is a number as likely as a text

bool isTextByte(unsigned unit) { return (unit >= 0x20 && unit < 0x7F) || unit == '\n' || unit == '\r' || unit == '\t'; }

void appendEscaped(std::string &text, unsigned unit) {
  switch (unit) {
  case '\n':
    text += "\\n";
    return;
  case '\r':
    text += "\\r";
    return;
  case '\t':
    text += "\\t";
    return;
  case '"':
  case '\\':
    text += '\\';
    break;
  default:
    break;
  }
  text += static_cast<char>(unit);
}

// A text that ends with a zero, its units `width` bytes wide.
std::optional<std::string> quoted(std::span<const uint8_t> bytes, size_t width) {
  std::string text = width == 1 ? "\"" : "L\"";
  size_t length = 0;
  for (size_t at = 0; at + width <= bytes.size(); at += width, ++length) {
    const unsigned unit = width == 1 ? bytes[at] : read16le(&bytes[at]);
    if (unit == 0)
      return length < shortestText ? std::nullopt : std::optional(text + '"');
    if (!isTextByte(unit))
      return std::nullopt;
    if (length == mostCharacters)
      return text + "\"...";
    appendEscaped(text, unit);
  }
  return std::nullopt;
}

std::optional<std::string> literal(std::span<const uint8_t> bytes) {
  auto text = quoted(bytes, 1);
  return text ? text : quoted(bytes, 2);
}

// The constant's bytes from the place to its own end, or to the next place that is known.
std::span<const uint8_t> contentAt(const Program &program, uint32_t rva) {
  const auto bytes = program.image().bytesFrom(rva);
  const auto datum = program.datumContaining(rva);
  const size_t size = datum ? program.data()[*datum].rva + uint64_t{program.data()[*datum].size} - rva : 0;
  return bytes.first(std::min(bytes.size(), size));
}

bool isConstant(const Program &program, uint32_t rva) {
  const Section *section = program.image().sectionAt(rva);
  return section != nullptr && !section->isWritable() && !section->isExecutable() &&
         program.image().importAtSlot(rva) == nullptr;
}

// Names that compilers make from the content: a string's, a pooled number's.
bool isNamedByContent(const std::string &name) {
  return name.empty() || name.starts_with("??_C@") || name.starts_with("__real@") || name.starts_with("__xmm@");
}

std::string bytesAndNumber(std::span<const uint8_t> bytes) {
  const auto shown = bytes.first(std::min(bytes.size(), mostBytes));
  std::string text = fmt::format("{:02x}", fmt::join(shown, " "));
  if (bytes.size() > shown.size())
    text += " ...";
  if (bytes.size() == sizeof(float))
    text += fmt::format(" ({})", std::bit_cast<float>(read32le(bytes.data())));
  if (bytes.size() == sizeof(double))
    text += fmt::format(" ({})", std::bit_cast<double>(read64le(bytes.data())));
  return text;
}

} // namespace

std::string referentText(const Program &program, uint32_t rva) {
  if (!isConstant(program, rva))
    return program.describe(rva);
  const auto datum = program.datumContaining(rva);
  if (datum && !isNamedByContent(program.data()[*datum].name))
    return program.describe(rva);
  const auto text = literal(contentAt(program, rva));
  return text ? *text : program.describe(rva);
}

std::string contentText(const Program &program, uint32_t rva) {
  if (program.image().isRelocated(rva))
    if (const auto target = program.image().pointerAt(rva))
      return "-> " + referentText(program, *target);
  const auto bytes = contentAt(program, rva);
  const auto text = literal(bytes);
  return text ? *text : bytesAndNumber(bytes);
}

} // namespace hotgate::analyzer
