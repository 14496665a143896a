#include "corpus/tools/linker_map.h"

#include "support/mapped_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <llvm/ADT/SmallVector.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Demangle/Demangle.h>
#include <optional>
#include <tuple>

namespace hotgate::corpus {
namespace {

// The spellings under which a symbol can be asked for, from the closest to the loosest.
std::array<std::string, 4> spellings(const std::string &decorated) {
  const std::string full = llvm::demangle(decorated);
  if (full == decorated) { // C: x86 puts an underscore in front, and stdcall the size of the parameters behind
    const llvm::StringRef plain = llvm::StringRef(decorated).take_until([](char c) { return c == '@'; });
    return {decorated, decorated, decorated, plain.starts_with("_") ? plain.drop_front().str() : decorated};
  }
  // "int dhcp::ParseOptions(char const *, int)": MSVC's demangler also gives calling convention and result.
  llvm::StringRef qualified = llvm::StringRef(full).take_until([](char c) { return c == '('; });
  if (qualified.contains("operator") || qualified.contains('<'))
    return {decorated, full, full, full};
  qualified = qualified.rsplit(' ').second.empty() ? qualified : qualified.rsplit(' ').second;
  const llvm::StringRef plain = qualified.rsplit("::").second.empty() ? qualified : qualified.rsplit("::").second;
  return {decorated, full, qualified.str(), plain.str()};
}

std::optional<uint64_t> hexadecimal(llvm::StringRef text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), value, 16);
  if (error != std::errc() || end != text.end() || text.empty())
    return std::nullopt;
  return value;
}

// " 0001:00000540       _ZN4dhcp12ParseOptionsEPKci 0000000140001540     server.obj"
std::optional<MapSymbol> symbolLine(llvm::StringRef line, uint64_t loadAddress) {
  llvm::SmallVector<llvm::StringRef, 5> words;
  line.split(words, ' ', 4096, false);
  if (words.size() < 4)
    return std::nullopt;
  const auto [section, offset] = words[0].split(':');
  const auto address = hexadecimal(words[2]);
  if (section.size() != 4 || offset.size() != 8 || words[2].size() != 16 || !address || section == "0000")
    return std::nullopt;
  if (*address < loadAddress || *address - loadAddress > UINT32_MAX)
    return std::nullopt;
  return MapSymbol{words[1].str(), static_cast<uint32_t>(*address - loadAddress)};
}

} // namespace

Result<LinkerMap> LinkerMap::read(const std::filesystem::path &path) {
  HOTGATE_TRY(const MappedFile file, MappedFile::open(path));
  const auto bytes = file.bytes();
  return parse(path.string(), {reinterpret_cast<const char *>(bytes.data()), bytes.size()});
}

Result<LinkerMap> LinkerMap::parse(std::string entity, std::string_view text) {
  LinkerMap map;
  map.entity_ = std::move(entity);
  std::optional<uint64_t> loadAddress;
  llvm::StringRef rest(text.data(), text.size());
  while (!rest.empty()) {
    const auto [line, tail] = rest.split('\n');
    rest = tail;
    llvm::StringRef trimmed = line.trim();
    if (trimmed.consume_front("Preferred load address is "))
      loadAddress = hexadecimal(trimmed);
    else if (loadAddress) {
      if (auto symbol = symbolLine(trimmed, *loadAddress))
        map.symbols_.push_back(std::move(*symbol));
    }
  }
  if (map.symbols_.empty())
    return failInput(map.entity_, "", "it has no symbols of an lld map",
                     "link with /map:FILE (clang: -Wl,-Xlink=-map:FILE) and give that file");
  const auto key = [](const MapSymbol &symbol) { return std::tie(symbol.decorated, symbol.rva); };
  std::sort(map.symbols_.begin(), map.symbols_.end(), [&](const auto &a, const auto &b) { return key(a) < key(b); });
  return map;
}

Result<MapSymbol> LinkerMap::find(std::string_view name) const {
  constexpr size_t levels = std::tuple_size_v<decltype(spellings(""))>;
  std::array<std::vector<const MapSymbol *>, levels> matches;
  for (const MapSymbol &symbol : symbols_) {
    const auto names = spellings(symbol.decorated);
    for (size_t level = 0; level < levels; ++level)
      if (names[level] == name) {
        matches[level].push_back(&symbol);
        break;
      }
  }
  for (const auto &found : matches) {
    if (found.empty())
      continue;
    const bool oneAddress = std::all_of(found.begin(), found.end(), [&](auto *s) { return s->rva == found[0]->rva; });
    if (oneAddress)
      return *found[0];
    std::string list;
    for (const MapSymbol *symbol : found)
      list += fmt::format("{}{} at RVA {:#x}", list.empty() ? "" : ", ", symbol->decorated, symbol->rva);
    return failInput(entity_, std::string(name), "the name is ambiguous: " + list, "give the decorated name");
  }
  return failInput(entity_, std::string(name), "no symbol of that name",
                   "check the spelling; an inlined or unused function has no symbol of its own");
}

} // namespace hotgate::corpus
