#include "analyzer/diff/referent_text.h"

#include "analyzer/diff/text_constant.h"

#include <algorithm>
#include <bit>
#include <llvm/Support/Endian.h>
#include <optional>
#include <span>

namespace hotgate::analyzer {

using llvm::support::endian::read32le;
using llvm::support::endian::read64le;

namespace {

constexpr uint32_t mostCharacters = 64;
constexpr size_t mostBytes = 16;

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
  case '\v':
    text += "\\v";
    return;
  case '\f':
    text += "\\f";
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

std::optional<std::string> literal(std::span<const uint8_t> bytes) {
  const auto constant = textIn(bytes, mostCharacters);
  if (!constant)
    return std::nullopt;
  std::string text = constant->width == 1 ? "\"" : "L\"";
  for (size_t i = 0; i < constant->length; ++i)
    appendEscaped(text, bytes[i * constant->width]);
  return text + (constant->ends ? "\"" : "\"...");
}

// The constant's bytes from the place to its own end, or to the next place that is known.
std::span<const uint8_t> contentAt(const Program &program, uint32_t rva) {
  const auto datum = program.datumContaining(rva);
  const size_t size = datum ? program.data()[*datum].rva + uint64_t{program.data()[*datum].size} - rva : 0;
  return program.image().bytesFrom(rva, size);
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
