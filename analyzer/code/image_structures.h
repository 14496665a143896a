// Where the PE format's own tables lie in an image: what is neither code nor anybody's data.
//
// The ledger attributes bytes with it, and the data index keeps out of it. Ranges that overlap (an import address
// table inside the import directory's section part) are cut so that each byte has one owner, the more specific one.
#pragma once

#include "analyzer/image/image.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace hotgate::analyzer {

enum class StructureKind : uint8_t {
  exportTable,
  importTable, // descriptors, lookup tables, names, address table, delay imports
  exceptionTable,
  unwindInfo,
  relocationTable,
  debugDirectory, // and what its entries point to
  loadConfiguration,
  guardTable,
  tlsDirectory,
  resources,
  hotpatchTable,
};
[[nodiscard]] std::string_view structureKindName(StructureKind kind);

struct Structure {
  uint32_t rva = 0;
  uint32_t size = 0;
  StructureKind kind = StructureKind::exportTable;
  [[nodiscard]] uint32_t end() const { return rva + size; }
};

// By RVA, without overlaps, each inside one section's file-backed bytes.
std::vector<Structure> imageStructures(const Image &image);

// The structure at this RVA, or nullptr.
const Structure *structureAt(const std::vector<Structure> &structures, uint32_t rva);

} // namespace hotgate::analyzer
