#include "analyzer/image/export_directory.h"

#include <algorithm>
#include <llvm/Object/COFF.h>

namespace hotgate::analyzer {

namespace {

using llvm::support::ulittle16_t;
using llvm::support::ulittle32_t;

constexpr uint32_t maxFunctions = 0x10000; // a name's ordinal index has 16 bits
constexpr uint32_t maxNames = 0x10000;     // linkers refuse more

struct ExportTables {
  uint32_t ordinalBase = 0;
  DirectoryRange directory;
  std::span<const ulittle32_t> addresses;
  std::span<const ulittle32_t> names;
  std::span<const ulittle16_t> nameIndexes; // into addresses
};

Result<ExportTables> readTables(const ImageLayout &layout, DirectoryRange range) {
  HOTGATE_TRY(const auto header,
              layout.recordsAt<llvm::object::export_directory_table_entry>(range.rva, 1, "export directory"));
  const auto &table = header.front();
  if (table.AddressTableEntries > maxFunctions || table.NumberOfNamePointers > maxNames)
    return layout.failAt(range.rva,
                         fmt::format("export directory: {} functions and {} names, where the format allows {}",
                                     uint32_t{table.AddressTableEntries}, uint32_t{table.NumberOfNamePointers},
                                     maxFunctions));
  ExportTables tables{
      .ordinalBase = table.OrdinalBase, .directory = range, .addresses = {}, .names = {}, .nameIndexes = {}};
  if (table.AddressTableEntries != 0) {
    HOTGATE_TRY(tables.addresses, layout.recordsAt<ulittle32_t>(table.ExportAddressTableRVA, table.AddressTableEntries,
                                                                "export address table"));
  }
  if (table.NumberOfNamePointers != 0) {
    HOTGATE_TRY(tables.names,
                layout.recordsAt<ulittle32_t>(table.NamePointerRVA, table.NumberOfNamePointers, "export name table"));
    HOTGATE_TRY(tables.nameIndexes, layout.recordsAt<ulittle16_t>(table.OrdinalTableRVA, table.NumberOfNamePointers,
                                                                  "export ordinal table"));
  }
  return tables;
}

// The address table's entry `index`, without a name. An address inside the export directory is a forwarder's text.
Result<Export> readEntry(const ImageLayout &layout, const ExportTables &tables, uint32_t index) {
  Export entry{.name = {}, .ordinal = tables.ordinalBase + index, .rva = tables.addresses[index], .forwarder = {}};
  const bool forwards = entry.rva >= tables.directory.rva && entry.rva - tables.directory.rva < tables.directory.size;
  if (forwards) {
    HOTGATE_TRY(const auto text, layout.nameAt(entry.rva, "export forwarder"));
    entry.forwarder = text;
    entry.rva = 0;
  } else if (entry.rva >= layout.sizeOfImage) {
    return layout.failAt(entry.rva, fmt::format("export of ordinal {} leaves the image (SizeOfImage {:#x})",
                                                entry.ordinal, layout.sizeOfImage));
  }
  return entry;
}

} // namespace

Result<std::vector<Export>> readExports(const ImageLayout &layout) {
  std::vector<Export> exports;
  const DirectoryRange range = layout.directory(Directory::exportTable);
  if (range.rva == 0)
    return exports;
  HOTGATE_TRY(const ExportTables tables, readTables(layout, range));

  // Names that all point at one long string would multiply the file: together they cannot be longer than it.
  size_t nameBytes = 0;
  std::vector<bool> isNamed(tables.addresses.size());
  for (size_t index = 0; index < tables.names.size(); ++index) {
    const uint32_t nameRva = tables.names[index];
    const uint32_t target = tables.nameIndexes[index];
    HOTGATE_TRY(const auto name, layout.nameAt(nameRva, "export name"));
    nameBytes += name.size();
    if (nameBytes > layout.file().size())
      return layout.failAt(nameRva, "export name table: its names together are longer than the file, so they overlap");
    if (target >= tables.addresses.size())
      return layout.failAt(nameRva, fmt::format("export name table: entry {} names function {} of {}", index, target,
                                                tables.addresses.size()));
    HOTGATE_TRY(Export entry, readEntry(layout, tables, target));
    nameBytes += entry.forwarder.size();
    entry.name = name;
    isNamed[target] = true;
    exports.push_back(std::move(entry));
  }
  for (uint32_t index = 0; index < tables.addresses.size(); ++index) {
    if (isNamed[index] || tables.addresses[index] == 0)
      continue;
    HOTGATE_TRY(Export entry, readEntry(layout, tables, index));
    nameBytes += entry.forwarder.size();
    if (nameBytes > layout.file().size())
      return layout.failAt(range.rva,
                           "export address table: its forwarders together are longer than the file, so they overlap");
    exports.push_back(std::move(entry));
  }
  std::ranges::sort(exports, [](const Export &a, const Export &b) {
    return a.ordinal != b.ordinal ? a.ordinal < b.ordinal : a.name < b.name;
  });
  return exports;
}

} // namespace hotgate::analyzer
