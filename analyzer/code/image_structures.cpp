#include "analyzer/code/image_structures.h"

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
  explicit Collector(const Image &image) : image_(image) {}

  std::vector<Structure> collect() {
    // The more specific first: finish() lets the first owner of a byte keep it.
    addUnwindInfo();
    addDirectory(Directory::exceptions, StructureKind::exceptionTable);
    addDebugEntries();
    addDirectory(Directory::debug, StructureKind::debugDirectory);
    addLoadConfiguration();
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
  void add(uint32_t rva, uint64_t size, StructureKind kind) {
    const auto available = image_.bytesFrom(rva).size();
    if (rva != 0 && available != 0 && size != 0)
      found_.push_back({rva, static_cast<uint32_t>(std::min<uint64_t>(size, available)), kind});
  }

  void addDirectory(Directory which, StructureKind kind) {
    const DirectoryRange range = image_.directory(which);
    add(range.rva, range.size, kind);
  }

  void addUnwindInfo() {
    if (image_.machine() != Machine::x64)
      return;
    for (const FunctionRange &function : image_.functionRanges()) {
      const auto bytes = image_.bytesFrom(function.unwindRva);
      if (bytes.size() < 4)
        continue;
      // UNWIND_INFO: flags in the upper five bits of byte 0, count of two-byte codes in byte 2, padded to an even
      // number; behind them a handler (UNW_FLAG_EHANDLER 1, UHANDLER 2) or a chained RUNTIME_FUNCTION (4).
      const uint8_t flags = bytes[0] >> 3;
      uint32_t size = 4 + ((bytes[2] + 1U) & ~1U) * 2;
      if ((flags & 4) != 0)
        size += 12;
      else if ((flags & 3) != 0)
        size += 4;
      add(function.unwindRva, size, StructureKind::unwindInfo);
    }
  }

  void addDebugEntries() {
    const DirectoryRange range = image_.directory(Directory::debug);
    const auto bytes = image_.bytesFrom(range.rva);
    constexpr size_t entrySize = 28;
    for (size_t at = 0; at + entrySize <= std::min<size_t>(range.size, bytes.size()); at += entrySize)
      add(read32le(&bytes[at + 20]), read32le(&bytes[at + 16]), StructureKind::debugDirectory);
  }

  void addLoadConfiguration() {
    const auto &configuration = image_.loadConfiguration();
    if (!configuration)
      return;
    add(configuration->rva, std::max(configuration->size, image_.directory(Directory::loadConfiguration).size),
        StructureKind::loadConfiguration);
    // GuardFlags bits 28-31: extra bytes behind each RVA of the function table.
    const uint64_t stride = 4 + (configuration->guardFlags >> 28);
    add(configuration->guardFunctionTableRva, configuration->guardFunctionCount * stride, StructureKind::guardTable);
    add(configuration->guardEhContinuationTableRva, uint64_t{configuration->guardEhContinuationCount} * stride,
        StructureKind::guardTable);
    if (configuration->hotPatchTableRva != 0) {
      const auto bytes = image_.bytesFrom(configuration->hotPatchTableRva);
      if (bytes.size() >= 8)
        add(configuration->hotPatchTableRva, read32le(&bytes[4]), StructureKind::hotpatchTable);
    }
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
      if (!result.empty() && result.back().kind == structure.kind && taken == structure.rva)
        result.back().size += structure.size;
      else
        result.push_back(structure);
    }
    return result;
  }

  const Image &image_;
  std::vector<Structure> found_;
};

} // namespace

std::vector<Structure> imageStructures(const Image &image) { return Collector(image).collect(); }

const Structure *structureAt(const std::vector<Structure> &structures, uint32_t rva) {
  auto next = std::upper_bound(structures.begin(), structures.end(), rva,
                               [](uint32_t address, const Structure &s) { return address < s.rva; });
  if (next == structures.begin())
    return nullptr;
  --next;
  return rva < next->end() ? &*next : nullptr;
}

} // namespace hotgate::analyzer
