#include "analyzer/code/image_structures.h"

#include "analyzer/code/load_configuration_tables.h"

#include <algorithm>
#include <cstring>
#include <llvm/Support/Endian.h>
#include <string_view>

namespace hotgate::analyzer {

using llvm::support::endian::read32le;
using llvm::support::endian::read64le;

std::string_view structureKindName(StructureKind kind) {
  switch (kind) {
  case StructureKind::exportTable:
    return "export table";
  case StructureKind::importTable:
    return "import table";
  case StructureKind::exceptionTable:
    return "exception table";
  case StructureKind::unwindInfo:
    return "unwind info";
  case StructureKind::exceptionData:
    return "exception data";
  case StructureKind::relocationTable:
    return "relocation table";
  case StructureKind::debugDirectory:
    return "debug directory";
  case StructureKind::loadConfiguration:
    return "load configuration";
  case StructureKind::guardTable:
    return "guard table";
  case StructureKind::tlsDirectory:
    return "TLS directory";
  case StructureKind::resources:
    return "resources";
  case StructureKind::hotpatchTable:
    return "hotpatch table";
  }
  return "";
}

namespace {

class Collector {
public:
  Collector(const Image &image, const ExceptionData &exceptionData) : image_(image), exceptionData_(exceptionData) {}

  std::vector<Structure> collect() {
    addRuns(exceptionData_.records(), StructureKind::unwindInfo);
    addRuns(exceptionData_.tables(), StructureKind::exceptionData);
    addDirectory(Directory::exceptions, StructureKind::exceptionTable);
    addDebugEntries();
    addDirectory(Directory::debug, StructureKind::debugDirectory);
    for (const Structure &table : loadConfigurationTables(image_))
      add(table.rva, table.size, table.kind);
    addHotpatchTable();
    addDirectory(Directory::tls, StructureKind::tlsDirectory);
    addDirectory(Directory::importAddresses, StructureKind::importTable);
    addImports(Directory::importTable);
    addImports(Directory::delayImports);
    addDirectory(Directory::exportTable, StructureKind::exportTable);
    addDirectory(Directory::relocations, StructureKind::relocationTable);
    addDirectory(Directory::resources, StructureKind::resources);
    return finish();
  }

private:
  // The bytes between two structures are alignment.
  bool isAlignment(uint32_t from, uint32_t to) const {
    constexpr uint32_t most = 3;
    if (to < from || to - from > most)
      return false;
    const auto bytes = image_.bytesFrom(from);
    return bytes.size() >= to - from &&
           std::all_of(bytes.begin(), bytes.begin() + (to - from), [](uint8_t byte) { return byte == 0; });
  }

  // Tens of thousands of ranges by RVA: those that touch are one.
  void addRuns(std::span<const ByteRange> ranges, StructureKind kind) {
    for (size_t i = 0; i < ranges.size();) {
      const uint32_t begin = ranges[i].rva;
      uint32_t end = ranges[i].end();
      for (++i; i < ranges.size() && (ranges[i].rva <= end || isAlignment(end, ranges[i].rva)); ++i)
        end = std::max(end, ranges[i].end());
      add(begin, end - begin, kind);
    }
  }

  void add(uint32_t rva, uint64_t size, StructureKind kind) {
    const auto available = image_.bytesFrom(rva).size();
    if (rva != 0 && available != 0 && size != 0)
      found_.push_back({rva, static_cast<uint32_t>(std::min<uint64_t>(size, available)), kind});
  }

  void addDirectory(Directory which, StructureKind kind) {
    const DirectoryRange range = image_.directory(which);
    add(range.rva, range.size, kind);
  }

  void addDebugEntries() {
    const DirectoryRange range = image_.directory(Directory::debug);
    const auto bytes = image_.bytesFrom(range.rva);
    constexpr size_t entrySize = 28;
    for (size_t at = 0; at + entrySize <= std::min<size_t>(range.size, bytes.size()); at += entrySize)
      add(read32le(&bytes[at + 20]), read32le(&bytes[at + 16]), StructureKind::debugDirectory);
  }

  void addHotpatchTable() {
    const auto &configuration = image_.loadConfiguration();
    if (!configuration || configuration->hotPatchTableRva == 0)
      return;
    const auto bytes = image_.bytesFrom(configuration->hotPatchTableRva);
    if (bytes.size() >= 8)
      add(configuration->hotPatchTableRva, read32le(&bytes[4]), StructureKind::hotpatchTable);
  }

  void addTerminatedText(uint32_t rva) {
    const auto bytes = image_.bytesFrom(rva);
    const auto end = std::find(bytes.begin(), bytes.end(), 0);
    if (end != bytes.end())
      add(rva, static_cast<uint64_t>(end - bytes.begin()) + 1, StructureKind::importTable);
  }

  // One thunk array (lookup or address table): its slots, and the hint and name that each slot points to.
  void addThunks(uint32_t rva) {
    const auto bytes = image_.bytesFrom(rva);
    const size_t slot = image_.is64() ? 8 : 4;
    size_t at = 0;
    for (; at + slot <= bytes.size(); at += slot) {
      const uint64_t value = slot == 8 ? read64le(&bytes[at]) : read32le(&bytes[at]);
      if (value == 0) {
        at += slot;
        break;
      }
      const bool byOrdinal = (value >> (slot * 8 - 1)) != 0;
      if (!byOrdinal && value < image_.sizeOfImage())
        addHintAndName(static_cast<uint32_t>(value));
    }
    add(rva, at, StructureKind::importTable);
  }

  void addHintAndName(uint32_t rva) {
    add(rva, 2, StructureKind::importTable);
    addTerminatedText(rva + 2);
  }

  // Both directories hold descriptors that end with an empty one; only where the RVAs stand in them differs.
  void addImports(Directory which) {
    const bool delayed = which == Directory::delayImports;
    const size_t entrySize = delayed ? 32 : 20;
    const size_t nameAt = delayed ? 4 : 12;
    const std::array<size_t, 2> thunksAt = delayed ? std::array<size_t, 2>{12, 16} : std::array<size_t, 2>{0, 16};
    const DirectoryRange range = image_.directory(which);
    const auto bytes = image_.bytesFrom(range.rva);
    for (size_t at = 0; range.rva != 0 && at + entrySize <= bytes.size(); at += entrySize) {
      add(range.rva + static_cast<uint32_t>(at), entrySize, StructureKind::importTable);
      if (read32le(&bytes[at + nameAt]) == 0)
        break;
      addTerminatedText(read32le(&bytes[at + nameAt]));
      for (const size_t thunks : thunksAt)
        addThunks(read32le(&bytes[at + thunks]));
    }
  }

  std::vector<Structure> finish() {
    std::stable_sort(found_.begin(), found_.end(), [](const auto &a, const auto &b) { return a.rva < b.rva; });
    std::vector<Structure> result;
    for (Structure structure : found_) {
      const uint32_t taken = result.empty() ? 0 : result.back().end();
      if (structure.end() <= taken)
        continue;
      if (structure.rva < taken)
        structure = {taken, structure.end() - taken, structure.kind};
      if (!result.empty() && isAlignment(taken, structure.rva))
        result.back().size += structure.rva - taken;
      if (!result.empty() && result.back().kind == structure.kind && result.back().end() == structure.rva)
        result.back().size += structure.size;
      else
        result.push_back(structure);
    }
    return result;
  }

  const Image &image_;
  const ExceptionData &exceptionData_;
  std::vector<Structure> found_;
};

} // namespace

std::vector<Structure> imageStructures(const Image &image, const ExceptionData &exceptionData) {
  return Collector(image, exceptionData).collect();
}

const Structure *structureAt(const std::vector<Structure> &structures, uint32_t rva) {
  auto next = std::upper_bound(structures.begin(), structures.end(), rva,
                               [](uint32_t address, const Structure &s) { return address < s.rva; });
  if (next == structures.begin())
    return nullptr;
  --next;
  return rva < next->end() ? &*next : nullptr;
}

} // namespace hotgate::analyzer
