#include "analyzer/package/image_file.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/BinaryFormat/COFF.h>
#include <llvm/Support/Endian.h>

namespace hotgate::analyzer {

namespace {

bool isWord(llvm::StringRef text, size_t least, size_t most) {
  return text.size() >= least && text.size() <= most && std::ranges::all_of(text, llvm::isAlpha);
}

// "en-US", "zh-Hans-CN", "sr-Latn-RS".
bool isLanguage(llvm::StringRef text) {
  llvm::SmallVector<llvm::StringRef, 4> parts;
  text.split(parts, '-');
  return (parts.size() == 2 && isWord(parts[0], 2, 3) && isWord(parts[1], 2, 2)) ||
         (parts.size() == 3 && isWord(parts[0], 2, 3) && isWord(parts[1], 4, 4) && isWord(parts[2], 2, 2));
}

} // namespace

bool hasImageName(std::string_view name) {
  constexpr std::array<std::string_view, 4> extensions = {".exe", ".dll", ".sys", ".drv"};
  return std::ranges::any_of(
      extensions, [&](std::string_view extension) { return llvm::StringRef(name).ends_with_insensitive(extension); });
}

bool beginsLikeAnImage(std::span<const uint8_t> bytes) {
  return bytes.size() >= 2 && bytes[0] == 'M' && bytes[1] == 'Z';
}

std::string machineOf(std::span<const uint8_t> bytes) {
  constexpr size_t offsetOfPeOffset = 0x3c;
  constexpr size_t signatureAndMachine = 6;
  if (!beginsLikeAnImage(bytes) || bytes.size() < offsetOfPeOffset + 4)
    return {};
  const size_t pe = llvm::support::endian::read32le(bytes.data() + offsetOfPeOffset);
  if (pe > bytes.size() || bytes.size() - pe < signatureAndMachine ||
      llvm::support::endian::read32le(bytes.data() + pe) != 0x4550) // "PE\0\0"
    return {};
  switch (const uint16_t machine = llvm::support::endian::read16le(bytes.data() + pe + 4)) {
  case llvm::COFF::IMAGE_FILE_MACHINE_AMD64:
    return "x64";
  case llvm::COFF::IMAGE_FILE_MACHINE_ARM64:
    return "arm64";
  case llvm::COFF::IMAGE_FILE_MACHINE_I386:
    return "x86";
  default:
    return fmt::format("machine {:#x}", machine);
  }
}

std::string languageOfPath(std::string_view path) {
  auto [folder, rest] = llvm::StringRef(path).split('/');
  std::string language = "neutral";
  for (; !rest.empty(); std::tie(folder, rest) = rest.split('/'))
    if (isLanguage(folder))
      language = folder.lower();
  return language;
}

} // namespace hotgate::analyzer
