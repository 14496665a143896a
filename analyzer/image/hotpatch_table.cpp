#include "analyzer/image/hotpatch_table.h"

#include <algorithm>
#include <llvm/Support/Endian.h>

namespace hotgate::analyzer {

namespace {

using hotpatch::ChunkHeader;
using hotpatch::ChunkType;

uint16_t machineNumber(Machine machine) {
  switch (machine) {
  case Machine::x64:
    return hotpatch::machineAmd64;
  case Machine::arm64:
    return hotpatch::machineArm64;
  case Machine::x86:
    return hotpatch::machineI386;
  }
  return 0;
}

// Reads one blob. Offsets are from INFO, as in the format.
class HotpatchReader {
public:
  HotpatchReader(const Image &image, uint32_t rva) : image_(image) { table_.rva = rva; }

  Result<HotpatchTable> read();

private:
  Result<> readInfo();
  Result<> readBases();
  Result<> readBase(uint32_t index, uint32_t offset);
  Result<> readPatchTable(uint32_t base, uint64_t offset);
  Result<> checkChunk(ChunkHeader header, uint64_t offset) const;
  Result<> readRecord(uint32_t base, ChunkHeader header, uint64_t offset, uint64_t valueCount);
  Result<> checkRecord(const HotpatchRecord &record, uint64_t offset) const;
  // Bytes [rva - before, rva + after) of the hotpatch image, in one section.
  [[nodiscard]] const Section *sectionOf(uint32_t rva, hotpatch::WriteExtent extent) const;

  [[nodiscard]] bool holds(uint64_t offset, uint64_t size) const {
    return offset <= blob_.size() && blob_.size() - offset >= size;
  }
  [[nodiscard]] uint32_t value(uint64_t offset) const { return llvm::support::endian::read32le(blob_.data() + offset); }
  [[nodiscard]] Failure refuse(uint64_t offset, const std::string &reason) const;

  const Image &image_;
  std::span<const uint8_t> blob_;
  uint32_t baseListOffset_ = 0;
  uint32_t baseCount_ = 0;
  uint32_t extraPatchSize_ = 0;
  uint64_t recordBytes_ = 0; // read so far: bases that share a table must not multiply it
  HotpatchTable table_;
};

Failure HotpatchReader::refuse(uint64_t offset, const std::string &reason) const {
  return failInput(image_.path().string(),
                   fmt::format("hotpatch table, RVA {:#x} (INFO + {:#x})", table_.rva + offset, offset),
                   fmt::format("{}; the loader refuses it with {:#010x}", reason, hotpatch::status::invalidImageFormat),
                   "rebuild the hotpatch image");
}

Result<HotpatchTable> HotpatchReader::read() {
  HOTGATE_CHECK(readInfo());
  HOTGATE_CHECK(readBases());
  return std::move(table_);
}

Result<> HotpatchReader::readInfo() {
  namespace info = hotpatch::info;
  blob_ = image_.bytesFrom(table_.rva);
  if (!holds(0, *hotpatch::infoSize(hotpatch::minVersion)))
    return refuse(
        0, fmt::format("HotPatchTableOffset leads to {:#x} bytes in the file, which hold no INFO", blob_.size()));
  table_.version = value(info::version);
  table_.size = value(info::size);
  table_.sequence = value(info::sequenceNumber);
  const auto least = hotpatch::infoSize(table_.version);
  if (!least)
    return refuse(info::version, fmt::format("INFO.Version {} is none of {} to {}", table_.version,
                                             hotpatch::minVersion, hotpatch::maxVersion));
  if (table_.size < *least)
    return refuse(info::size, fmt::format("INFO.Size {:#x} is less than version {} needs ({:#x})", table_.size,
                                          table_.version, *least));
  if (uint64_t{table_.rva} + table_.size > image_.sizeOfImage())
    return refuse(info::size, fmt::format("INFO.Size {:#x} leaves the image (SizeOfImage {:#x})", table_.size,
                                          image_.sizeOfImage()));
  if (!holds(0, table_.size))
    return refuse(info::size, fmt::format("INFO.Size {:#x} is more than its section has in the file ({:#x} bytes)",
                                          table_.size, blob_.size()));
  blob_ = blob_.first(table_.size);
  if (table_.sequence == 0)
    return refuse(info::sequenceNumber, "INFO.SequenceNumber is 0");

  baseListOffset_ = value(info::baseImageList);
  baseCount_ = value(info::baseImageCount);
  if (table_.version >= 3)
    extraPatchSize_ = value(info::extraPatchSize);
  if (table_.version >= 4) {
    table_.minSequence = value(info::minSequenceNumber);
    table_.flags = value(info::flags);
  }
  return {};
}

Result<> HotpatchReader::readBases() {
  namespace info = hotpatch::info;
  if (baseCount_ == 0 || (baseCount_ != 1 && image_.machine() == Machine::x64))
    return refuse(info::baseImageCount, fmt::format("INFO.BaseImageCount is {}, not 1", baseCount_));
  if (const auto &configuration = image_.loadConfiguration();
      image_.machine() == Machine::x64 && configuration && configuration->chpeMetadataPointer != 0)
    return refuse(0, "the image has CHPE metadata (ARM64EC)");
  if (baseListOffset_ == 0 || !holds(baseListOffset_, uint64_t{baseCount_} * sizeof(uint32_t)))
    return refuse(info::baseImageList, fmt::format("INFO.BaseImageList {:#x} with {} entries leaves the table",
                                                   baseListOffset_, baseCount_));
  for (uint32_t index = 0; index < baseCount_; ++index)
    HOTGATE_CHECK(readBase(index, value(baseListOffset_ + uint64_t{index} * sizeof(uint32_t))));
  return {};
}

Result<> HotpatchReader::readBase(uint32_t index, uint32_t offset) {
  namespace base = hotpatch::base;
  if (offset == 0 || !holds(offset, hotpatch::baseSize))
    return refuse(baseListOffset_ + uint64_t{index} * sizeof(uint32_t),
                  fmt::format("BASE {} at {:#x} leaves the table", index, offset));
  table_.bases.push_back({.sequence = value(offset + base::sequenceNumber),
                          .flags = value(offset + base::flags),
                          .timestamp = value(offset + base::originalTimeDateStamp),
                          .checksum = value(offset + base::originalCheckSum)});
  const uint32_t integrity = value(offset + base::codeIntegrityInfo);
  const uint32_t integritySize = value(offset + base::codeIntegritySize);
  if (integrity != 0 && !holds(integrity, integritySize))
    return refuse(offset + base::codeIntegrityInfo,
                  fmt::format("BASE {}: CodeIntegrityInfo {:#x} with size {:#x} leaves the table", index, integrity,
                              integritySize));
  const uint32_t patches = value(offset + base::patchTable);
  if (patches == 0 || !holds(patches, sizeof(uint32_t)))
    return refuse(offset + base::patchTable, fmt::format("BASE {}: PatchTable {:#x} leaves the table", index, patches));
  return readPatchTable(index, patches);
}

Result<> HotpatchReader::readPatchTable(uint32_t base, uint64_t offset) {
  const uint64_t valueCount = hotpatch::recordValues(table_.version, extraPatchSize_);
  const uint64_t size = hotpatch::recordBytes(table_.version, extraPatchSize_);
  for (;;) {
    if (!holds(offset, sizeof(uint32_t)))
      return refuse(offset, "the patch table has no end: INFO.Size is spent before a header of 0");
    const ChunkHeader header{value(offset)};
    if (header.endsTable())
      return {};
    HOTGATE_CHECK(checkChunk(header, offset));
    offset += sizeof(uint32_t);
    if (!holds(offset, header.count() * size))
      return refuse(offset, fmt::format("a chunk's COUNT of {} records, {:#x} bytes each, leaves the table",
                                        header.count(), size));
    recordBytes_ += sizeof(uint32_t) + header.count() * size;
    if (recordBytes_ > blob_.size())
      return refuse(offset, "patch tables overlap: together they are longer than INFO.Size");
    for (uint32_t index = 0; index < header.count(); ++index, offset += size)
      HOTGATE_CHECK(readRecord(base, header, offset, valueCount));
  }
}

Result<> HotpatchReader::checkChunk(ChunkHeader header, uint64_t offset) const {
  if (header.reservedBits() != 0)
    return refuse(offset,
                  fmt::format("chunk header {:#010x} has RESERVED bits {:#x}", header.raw, header.reservedBits()));
  if (header.isObligatory())
    return refuse(offset, fmt::format("chunk header {:#010x} is OBLIGATORY", header.raw));
  const auto type = header.type();
  if (!type || *type == ChunkType::none)
    return refuse(offset,
                  fmt::format("chunk header {:#010x} has the unknown TYPE {:#x}", header.raw, header.typeBits()));
  if (*type != ChunkType::function && !header.isInverse())
    return refuse(offset,
                  fmt::format("a chunk of {} is not INVERSE, as only FUNCTION may be", hotpatch::chunkTypeName(*type)));
  return {};
}

Result<> HotpatchReader::readRecord(uint32_t base, ChunkHeader header, uint64_t offset, uint64_t valueCount) {
  HotpatchRecord record{.base = base,
                        .type = *header.type(),
                        .inverse = header.isInverse(),
                        .writtenRva = value(offset),
                        .targetRva = value(offset + sizeof(uint32_t)),
                        .expectedBytes = {}};
  HOTGATE_CHECK(checkRecord(record, offset));
  if (record.type == ChunkType::function && valueCount > 2) {
    const auto bytes = blob_.subspan(offset + 2 * sizeof(uint32_t), (valueCount - 2) * sizeof(uint32_t));
    record.expectedBytes.assign(bytes.begin(), bytes.end());
  }
  table_.records.push_back(std::move(record));
  return {};
}

const Section *HotpatchReader::sectionOf(uint32_t rva, hotpatch::WriteExtent extent) const {
  if (rva < extent.before)
    return nullptr;
  const uint32_t begin = rva - extent.before;
  const Section *section = image_.sectionAt(begin);
  return section != nullptr && section->extent() - (begin - section->rva) >= extent.before + extent.after ? section
                                                                                                          : nullptr;
}

// The side of the record that lies in the hotpatch image.
Result<> HotpatchReader::checkRecord(const HotpatchRecord &record, uint64_t offset) const {
  const auto kind = hotpatch::chunkTypeName(record.type);
  if (!record.inverse) {
    const Section *section = image_.sectionAt(record.targetRva);
    if (section == nullptr || !section->isExecutable())
      return refuse(
          offset + sizeof(uint32_t),
          fmt::format("{} leads to RVA {:#x}, which is no code of the hotpatch image", kind, record.targetRva));
    return {};
  }
  if (record.type == ChunkType::dynamicValue && record.targetRva == hotpatch::dynamicValueInvalid)
    return refuse(offset + sizeof(uint32_t),
                  fmt::format("{} asks for the invalid value {:#x}", kind, record.targetRva));
  const auto extent = hotpatch::writeExtent(record.type, machineNumber(image_.machine()));
  if (!extent) { // a call target: nothing is written, but it is a place in the image
    if (record.writtenRva >= image_.sizeOfImage())
      return refuse(offset, fmt::format("{} at RVA {:#x} leaves the image (SizeOfImage {:#x})", kind, record.writtenRva,
                                        image_.sizeOfImage()));
    return {};
  }
  const Section *section = sectionOf(record.writtenRva, *extent);
  if (section == nullptr)
    return refuse(offset,
                  fmt::format("{} writes {} bytes around RVA {:#x}, which leave the sections of the hotpatch image",
                              kind, extent->before + extent->after, record.writtenRva));
  if (record.type == ChunkType::function && !section->isExecutable())
    return refuse(offset, fmt::format("{} writes at RVA {:#x} in section {}, which is not executable", kind,
                                      record.writtenRva, section->name));
  return {};
}

} // namespace

std::string_view hotpatchRecordKindName(ChunkType type) {
  switch (type) {
  case ChunkType::function:
    return "function";
  case ChunkType::absolute:
    return "absolute";
  case ChunkType::rel32:
    return "rel32";
  case ChunkType::callTarget:
    return "call-target";
  case ChunkType::indirect:
    return "indirect";
  case ChunkType::noCallTarget:
    return "no-call-target";
  case ChunkType::dynamicValue:
    return "dynamic-value";
  case ChunkType::none:
    break;
  }
  return "none";
}

Result<std::optional<HotpatchTable>> readHotpatchTable(const Image &image) {
  for (const Section &section : image.sections())
    if (section.name == hotpatch::legacySectionName)
      return failInput(image.path().string(), fmt::format("section {}, RVA {:#x}", section.name, section.rva),
                       "a hotpatch in the format of 2003 (HOT1), which no supported system applies",
                       "give the hotpatch image of the KB, not the coldpatch package of an old system");
  const auto &configuration = image.loadConfiguration();
  if (!configuration || configuration->hotPatchTableRva == 0)
    return std::nullopt;
  HOTGATE_TRY(HotpatchTable table, HotpatchReader(image, configuration->hotPatchTableRva).read());
  return table;
}

} // namespace hotgate::analyzer
