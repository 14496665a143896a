// Where the PE format's own tables lie in an image: what is neither code nor anybody's data.
//
// A gap of up to three zero bytes behind a structure is its alignment and belongs to it, so that thousands of unwind
// records are a few ranges.
//
// The ledger attributes bytes with it, and the data index keeps out of it. Ranges that overlap (an import address
// table inside the import directory's section part) are cut so that each byte has one owner, the more specific one.
#pragma once

#include "analyzer/code/exception_data.h"
#include "analyzer/image/image.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace hotgate::analyzer {

enum class StructureKind : uint8_t {
  exportTable,
  importTable, // descriptors, lookup tables, names, address table, delay imports
  exceptionTable,
  unwindInfo,        // records with the language data in them
  exceptionData,     // tables that language data leads to
  relocationTable,   // base relocations and dynamic ones
  debugDirectory,    // and what its entries point to
  loadConfiguration, // and its volatile, enclave and hybrid metadata
  guardTable,        // control flow guard, and registered x86 handlers
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
std::vector<Structure> imageStructures(const Image &image, const ExceptionData &exceptionData);

// The structure at this RVA, or nullptr.
const Structure *structureAt(const std::vector<Structure> &structures, uint32_t rva);

} // namespace hotgate::analyzer
