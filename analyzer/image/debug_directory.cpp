#include "analyzer/image/debug_directory.h"

#include <algorithm>
#include <llvm/BinaryFormat/COFF.h>
#include <llvm/Object/COFF.h>

namespace hotgate::analyzer {

namespace {

using llvm::support::ulittle32_t;

constexpr uint32_t maxEntries = 64; // linkers write fewer than ten

struct CodeViewHeader {
  std::array<char, 4> signature;
  std::array<uint8_t, 16> guid;
  ulittle32_t age;
};

// An entry's data by its RVA, or by its file offset where it is not mapped.
Result<std::span<const uint8_t>> dataOf(const ImageLayout &layout, const llvm::object::debug_directory &entry) {
  if (entry.AddressOfRawData != 0)
    return layout.bytesAt(entry.AddressOfRawData, entry.SizeOfData, "debug entry");
  const auto file = layout.file();
  if (entry.PointerToRawData > file.size() || entry.SizeOfData > file.size() - entry.PointerToRawData)
    return layout.failAtOffset(entry.PointerToRawData,
                               fmt::format("debug entry: its {:#x} bytes leave the file", uint32_t{entry.SizeOfData}));
  return file.subspan(entry.PointerToRawData, entry.SizeOfData);
}

std::optional<PdbIdentity> readCodeView(std::span<const uint8_t> data) {
  if (data.size() < sizeof(CodeViewHeader))
    return std::nullopt;
  const auto &header = *reinterpret_cast<const CodeViewHeader *>(data.data());
  if (std::string_view(header.signature.data(), 4) != "RSDS") // NB10 and older name no PDB of today
    return std::nullopt;
  const auto path = data.subspan(sizeof(CodeViewHeader));
  return PdbIdentity{
      .guid = header.guid, .age = header.age, .path = {path.begin(), std::find(path.begin(), path.end(), uint8_t{0})}};
}

} // namespace

Result<DebugDirectory> readDebugDirectory(const ImageLayout &layout) {
  DebugDirectory result;
  const DirectoryRange range = layout.directory(Directory::debug);
  if (range.rva == 0)
    return result;
  const uint32_t count = range.size / sizeof(llvm::object::debug_directory);
  if (count > maxEntries)
    return layout.failAt(range.rva,
                         fmt::format("debug directory: {} entries, where Hotgate reads up to {}", count, maxEntries));
  HOTGATE_TRY(const auto entries, layout.recordsAt<llvm::object::debug_directory>(range.rva, count, "debug directory"));
  for (const auto &entry : entries) {
    if (entry.Type == llvm::COFF::IMAGE_DEBUG_TYPE_CODEVIEW && !result.pdb) {
      HOTGATE_TRY(const auto data, dataOf(layout, entry));
      result.pdb = readCodeView(data);
    } else if (entry.Type == llvm::COFF::IMAGE_DEBUG_TYPE_EX_DLLCHARACTERISTICS) {
      HOTGATE_TRY(const auto data, dataOf(layout, entry));
      if (data.size() >= sizeof(ulittle32_t))
        result.extendedCharacteristics = *reinterpret_cast<const ulittle32_t *>(data.data());
    }
  }
  return result;
}

} // namespace hotgate::analyzer
