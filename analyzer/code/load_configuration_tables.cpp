#include "analyzer/code/load_configuration_tables.h"

#include <algorithm>
#include <cstring>
#include <llvm/Object/COFF.h>

namespace hotgate::analyzer {

namespace {

using llvm::support::ulittle32_t;

// IMAGE_VOLATILE_METADATA (winnt.h).
struct VolatileMetadata {
  ulittle32_t size;
  ulittle32_t version;
  ulittle32_t accessTable;
  ulittle32_t accessTableSize;
  ulittle32_t rangeTable;
  ulittle32_t rangeTableSize;
};

template <class Fields> class Tables {
public:
  explicit Tables(const Image &image) : image_(image) {}

  std::vector<Structure> collect(const LoadConfiguration &configuration) {
    // Fields behind the structure's own size stay zero: the image was made before they existed.
    const auto bytes = image_.bytesFrom(configuration.rva);
    std::memset(static_cast<void *>(&fields_), 0, sizeof(fields_));
    std::memcpy(static_cast<void *>(&fields_), bytes.data(),
                std::min({bytes.size(), sizeof(fields_), size_t{configuration.size}}));
    add(configuration.rva, std::max(configuration.size, image_.directory(Directory::loadConfiguration).size),
        StructureKind::loadConfiguration);
    addGuardTables();
    addDynamicRelocations();
    addVolatileMetadata();
    addSized(fields_.EnclaveConfigurationPointer);
    if constexpr (std::is_same_v<Fields, llvm::object::coff_load_configuration64>)
      addHybridMetadata();
    return std::move(found_);
  }

private:
  void add(uint32_t rva, uint64_t size, StructureKind kind) {
    const uint64_t available = image_.bytesFrom(rva).size();
    if (rva != 0 && size != 0 && available != 0)
      found_.push_back({rva, static_cast<uint32_t>(std::min(size, available)), kind});
  }

  void addArray(uint64_t address, uint64_t count, uint64_t stride, StructureKind kind) {
    const auto rva = image_.rvaOfAddress(address);
    if (address != 0 && rva && count <= image_.sizeOfImage() / stride)
      add(*rva, count * stride, kind);
  }

  template <class Record> const Record *recordAt(uint64_t address) const {
    const auto rva = image_.rvaOfAddress(address);
    if (address == 0 || !rva)
      return nullptr;
    const auto bytes = image_.bytesFrom(*rva);
    return bytes.size() < sizeof(Record) ? nullptr : reinterpret_cast<const Record *>(bytes.data());
  }

  void addGuardTables() {
    // GuardFlags bits 28-31: extra bytes behind each RVA.
    const uint64_t stride = 4 + (fields_.GuardFlags >> 28);
    addArray(fields_.GuardCFFunctionTable, fields_.GuardCFFunctionCount, stride, StructureKind::guardTable);
    addArray(fields_.GuardAddressTakenIatEntryTable, fields_.GuardAddressTakenIatEntryCount, stride,
             StructureKind::guardTable);
    addArray(fields_.GuardLongJumpTargetTable, fields_.GuardLongJumpTargetCount, stride, StructureKind::guardTable);
    addArray(fields_.GuardEHContinuationTable, fields_.GuardEHContinuationCount, stride, StructureKind::guardTable);
    addArray(fields_.SEHandlerTable, fields_.SEHandlerCount, 4, StructureKind::guardTable);
  }

  // A version, the size of what follows, and that.
  void addDynamicRelocations() {
    constexpr uint32_t headerSize = 8;
    const uint32_t number = fields_.DynamicValueRelocTableSection; // from 1
    const auto sections = image_.sections();
    if (number == 0 || number > sections.size())
      return;
    const uint64_t rva = uint64_t{sections[number - 1].rva} + fields_.DynamicValueRelocTableOffset;
    if (rva > UINT32_MAX)
      return;
    const auto bytes = image_.bytesFrom(static_cast<uint32_t>(rva));
    if (bytes.size() >= headerSize)
      add(static_cast<uint32_t>(rva), headerSize + uint64_t{*reinterpret_cast<const ulittle32_t *>(&bytes[4])},
          StructureKind::relocationTable);
  }

  void addVolatileMetadata() {
    const auto *metadata = recordAt<VolatileMetadata>(fields_.VolatileMetadataPointer);
    if (metadata == nullptr)
      return;
    addSized(fields_.VolatileMetadataPointer);
    add(metadata->accessTable, metadata->accessTableSize, StructureKind::loadConfiguration);
    add(metadata->rangeTable, metadata->rangeTableSize, StructureKind::loadConfiguration);
  }

  // A structure that begins with its size.
  void addSized(uint64_t address) {
    if (const auto *size = recordAt<ulittle32_t>(address))
      addArray(address, *size, 1, StructureKind::loadConfiguration);
  }

  void addHybridMetadata() {
    const auto *metadata = recordAt<llvm::object::chpe_metadata>(fields_.CHPEMetadataPointer);
    if (metadata == nullptr)
      return;
    constexpr uint64_t redirectionSize = 8; // two RVAs
    addArray(fields_.CHPEMetadataPointer, sizeof(*metadata), 1, StructureKind::loadConfiguration);
    add(metadata->CodeMap, uint64_t{metadata->CodeMapCount} * sizeof(llvm::object::chpe_range_entry),
        StructureKind::loadConfiguration);
    add(metadata->CodeRangesToEntryPoints,
        uint64_t{metadata->CodeRangesToEntryPointsCount} * sizeof(llvm::object::chpe_code_range_entry),
        StructureKind::loadConfiguration);
    add(metadata->RedirectionMetadata, uint64_t{metadata->RedirectionMetadataCount} * redirectionSize,
        StructureKind::loadConfiguration);
    add(metadata->ExtraRFETable, metadata->ExtraRFETableSize, StructureKind::exceptionTable);
  }

  const Image &image_;
  Fields fields_;
  std::vector<Structure> found_;
};

} // namespace

std::vector<Structure> loadConfigurationTables(const Image &image) {
  const auto &configuration = image.loadConfiguration();
  if (!configuration)
    return {};
  if (image.is64())
    return Tables<llvm::object::coff_load_configuration64>(image).collect(*configuration);
  return Tables<llvm::object::coff_load_configuration32>(image).collect(*configuration);
}

} // namespace hotgate::analyzer
