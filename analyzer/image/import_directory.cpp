#include "analyzer/image/import_directory.h"

#include <algorithm>
#include <llvm/Object/COFF.h>

namespace hotgate::analyzer {

namespace {

using llvm::object::coff_import_directory_table_entry;
using llvm::object::delay_import_directory_table_entry;
using llvm::support::ulittle32_t;
using llvm::support::ulittle64_t;

constexpr size_t maxDllName = 256;

// Collects the imports of one image under one budget: shared or overlapping tables must not multiply the file.
class ImportReader {
public:
  explicit ImportReader(const ImageLayout &layout) : layout_(layout) {}

  Result<> readDirect(uint32_t rva);
  Result<> readDelayed(uint32_t rva);
  std::vector<Import> take();

private:
  Result<std::string> dllName(uint32_t rva);
  // One DLL: the names in the lookup table, the slots in the address table, entry by entry.
  Result<> readDll(const std::string &dll, uint32_t lookupRva, uint32_t slotsRva, bool delayed);
  Result<std::string> symbolName(uint64_t lookup, uint32_t rva);
  Result<> spend(size_t bytes, uint32_t rva);

  const ImageLayout &layout_;
  std::vector<Import> imports_;
  size_t spent_ = 0;
};

Result<> ImportReader::spend(size_t bytes, uint32_t rva) {
  spent_ += bytes;
  if (spent_ > layout_.file().size())
    return layout_.failAt(rva, "import tables: their entries together are longer than the file, so they overlap");
  return {};
}

Result<std::string> ImportReader::dllName(uint32_t rva) {
  HOTGATE_TRY(const auto name, layout_.nameAt(rva, "imported DLL"));
  if (name.size() > maxDllName)
    return layout_.failAt(rva, fmt::format("imported DLL: its name has {} bytes", name.size()));
  return std::string(name);
}

Result<std::string> ImportReader::symbolName(uint64_t lookup, uint32_t rva) {
  const uint64_t ordinalFlag = layout_.is64 ? uint64_t{1} << 63 : uint64_t{1} << 31;
  if ((lookup & ordinalFlag) != 0)
    return fmt::format("#{}", lookup & 0xFFFF);
  if (lookup > 0x7FFFFFFF)
    return layout_.failAt(rva,
                          fmt::format("import lookup table: entry {:#x} is neither an ordinal nor an RVA", lookup));
  const auto hintRva = static_cast<uint32_t>(lookup); // a 16-bit hint stands before the name
  HOTGATE_TRY(const auto name, layout_.nameAt(hintRva + 2, "import name"));
  HOTGATE_CHECK(spend(name.size(), hintRva));
  return std::string(name);
}

Result<> ImportReader::readDll(const std::string &dll, uint32_t lookupRva, uint32_t slotsRva, bool delayed) {
  const uint32_t width = layout_.pointerSize();
  for (uint32_t offset = 0;; offset += width) {
    if (uint64_t{lookupRva} + offset > UINT32_MAX || uint64_t{slotsRva} + offset > UINT32_MAX)
      return layout_.failAt(lookupRva, fmt::format("import lookup table of {}: it has no end", dll));
    const uint32_t rva = lookupRva + offset;
    HOTGATE_TRY(const auto bytes, layout_.bytesAt(rva, width, "import lookup table"));
    const uint64_t lookup = layout_.is64 ? uint64_t{*reinterpret_cast<const ulittle64_t *>(bytes.data())}
                                         : uint64_t{*reinterpret_cast<const ulittle32_t *>(bytes.data())};
    if (lookup == 0)
      return {};
    HOTGATE_CHECK(spend(width, rva));
    if (layout_.sectionAt(slotsRva + offset) == nullptr)
      return layout_.failAt(slotsRva + offset,
                            fmt::format("import address table of {}: a slot lies in no section", dll));
    HOTGATE_TRY(auto name, symbolName(lookup, rva));
    imports_.push_back({.dll = dll, .name = std::move(name), .slotRva = slotsRva + offset, .delayed = delayed});
  }
}

Result<> ImportReader::readDirect(uint32_t rva) {
  for (;; rva += sizeof(coff_import_directory_table_entry)) {
    HOTGATE_TRY(const auto record, layout_.recordsAt<coff_import_directory_table_entry>(rva, 1, "import directory"));
    const auto &entry = record.front();
    if (entry.NameRVA == 0 || entry.ImportAddressTableRVA == 0) // as the loader ends it, whatever its size says
      return {};
    HOTGATE_TRY(const auto dll, dllName(entry.NameRVA));
    HOTGATE_CHECK(spend(sizeof(entry), rva));
    const uint32_t lookup = entry.ImportLookupTableRVA != 0 ? entry.ImportLookupTableRVA : entry.ImportAddressTableRVA;
    HOTGATE_CHECK(readDll(dll, lookup, entry.ImportAddressTableRVA, false));
  }
}

Result<> ImportReader::readDelayed(uint32_t rva) {
  for (;; rva += sizeof(delay_import_directory_table_entry)) {
    HOTGATE_TRY(const auto record,
                layout_.recordsAt<delay_import_directory_table_entry>(rva, 1, "delay-import directory"));
    const auto &entry = record.front();
    if (entry.Name == 0)
      return {};
    if ((entry.Attributes & 1) == 0)
      return layout_.failAt(rva,
                            "delay-import directory: a descriptor of version 1 (absolute addresses) is not supported");
    HOTGATE_TRY(const auto dll, dllName(entry.Name));
    HOTGATE_CHECK(spend(sizeof(entry), rva));
    HOTGATE_CHECK(readDll(dll, entry.DelayImportNameTable, entry.DelayImportAddressTable, true));
  }
}

std::vector<Import> ImportReader::take() {
  std::ranges::stable_sort(imports_, {}, &Import::slotRva);
  return std::move(imports_);
}

} // namespace

Result<std::vector<Import>> readImports(const ImageLayout &layout) {
  ImportReader reader(layout);
  if (const auto range = layout.directory(Directory::importTable); range.rva != 0)
    HOTGATE_CHECK(reader.readDirect(range.rva));
  if (const auto range = layout.directory(Directory::delayImports); range.rva != 0)
    HOTGATE_CHECK(reader.readDelayed(range.rva));
  return reader.take();
}

} // namespace hotgate::analyzer
