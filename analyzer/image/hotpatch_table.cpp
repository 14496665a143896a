#include "analyzer/image/hotpatch_table.h"

#include <algorithm>
#include <array>
#include <llvm/Support/Endian.h>

namespace hotgate::analyzer {

namespace {

using hotpatch::ChunkHeader;
using hotpatch::ChunkType;

// What a hostile image may make us copy; real expected bytes are some ten bytes a function.
constexpr uint64_t mostExpectedBytes = 16U << 20;

uint32_t machineFlag(Machine machine) {
  switch (machine) {
  case Machine::x64:
    return hotpatch::baseFlagMachineAmd64;
  case Machine::arm64:
    return hotpatch::baseFlagMachineArm64;
  case Machine::x86:
    return hotpatch::baseFlagMachineI386;
  }
  return 0;
}

// Reads one blob. Offsets are from INFO, as in the format. Functions return false where reading cannot go on.
class HotpatchReader {
public:
  HotpatchReader(const Image &image, uint32_t rva) : image_(image) { table().rva = rva; }

  HotpatchReading read() {
    reading_.isWhole = readInfo() && readBases();
    return std::move(reading_);
  }

private:
  bool readInfo();
  bool checkSize();
  bool readBases();
  bool readBase(uint32_t index, uint64_t at);
  bool readPatchTable(uint32_t base, uint64_t offset);
  bool checkChunk(ChunkHeader header, uint64_t offset);
  bool readRecord(uint32_t base, ChunkHeader header, uint64_t offset, uint64_t valueCount);
  void checkRecord(const HotpatchRecord &record);
  void checkWriteInHotpatch(const HotpatchRecord &record);

  HotpatchTable &table() { return reading_.table ? *reading_.table : reading_.table.emplace(); }
  [[nodiscard]] const HotpatchTable &table() const { return *reading_.table; }
  [[nodiscard]] bool holds(uint64_t offset, uint64_t size) const {
    return offset <= table().size && table().size - offset >= size;
  }
  [[nodiscard]] uint32_t value(uint64_t offset) const;
  [[nodiscard]] std::vector<uint8_t> bytes(uint64_t offset, uint64_t size) const;
  // Always false, for `return refuse(...)`.
  bool refuse(uint64_t offset, std::string reason, std::optional<size_t> record = std::nullopt);

  const Image &image_;
  HotpatchReading reading_;
  uint32_t baseListOffset_ = 0;
  uint32_t baseCount_ = 0;
  uint32_t extraPatchSize_ = 0;
  uint64_t recordBytes_ = 0; // read so far: bases that share a table must not multiply it
  uint64_t expectedBytes_ = 0;
};

bool HotpatchReader::refuse(uint64_t offset, std::string reason, std::optional<size_t> record) {
  reading_.refusals.push_back(refusalAt(image_, table(), static_cast<uint32_t>(offset), std::move(reason), record));
  return false;
}

uint32_t HotpatchReader::value(uint64_t offset) const {
  std::array<uint8_t, 4> bytes{};
  const auto found = image_.bytesFrom(static_cast<uint32_t>(table().rva + offset), bytes.size());
  std::copy(found.begin(), found.end(), bytes.begin());
  return llvm::support::endian::read32le(bytes.data());
}

std::vector<uint8_t> HotpatchReader::bytes(uint64_t offset, uint64_t size) const {
  std::vector<uint8_t> result(size);
  const auto found = image_.bytesFrom(static_cast<uint32_t>(table().rva + offset), size);
  std::copy(found.begin(), found.end(), result.begin());
  return result;
}

bool HotpatchReader::readInfo() {
  namespace info = hotpatch::info;
  if (image_.bytesFrom(table().rva).empty())
    return refuse(0, "HotPatchTableOffset leads to 0x0 bytes in the file, which hold no INFO");
  table().version = value(info::version);
  table().size = value(info::size);
  table().sequence = value(info::sequenceNumber);
  if (!checkSize())
    return false;
  if (table().sequence == 0)
    refuse(info::sequenceNumber, "INFO.SequenceNumber is 0"); // the rest can be read all the same
  baseListOffset_ = value(info::baseImageList);
  baseCount_ = value(info::baseImageCount);
  if (table().version >= 3)
    extraPatchSize_ = value(info::extraPatchSize);
  if (table().version >= 4) {
    table().minSequence = value(info::minSequenceNumber);
    table().flags = value(info::flags);
  }
  return true;
}

bool HotpatchReader::checkSize() {
  namespace info = hotpatch::info;
  const auto least = hotpatch::infoSize(table().version);
  if (!least)
    return refuse(info::version, fmt::format("INFO.Version {} is none of {} to {}", table().version,
                                             hotpatch::minVersion, hotpatch::maxVersion));
  if (table().size < *least)
    return refuse(info::size, fmt::format("INFO.Size {:#x} is less than version {} needs ({:#x})", table().size,
                                          table().version, *least));
  if (uint64_t{table().rva} + table().size > image_.sizeOfImage())
    return refuse(info::size, fmt::format("INFO.Size {:#x} leaves the image (SizeOfImage {:#x})", table().size,
                                          image_.sizeOfImage()));
  return true;
}

bool HotpatchReader::readBases() {
  namespace info = hotpatch::info;
  if (baseCount_ == 0 || (baseCount_ != 1 && image_.machine() == Machine::x64))
    return refuse(info::baseImageCount, fmt::format("INFO.BaseImageCount is {}, not 1", baseCount_));
  if (const auto &configuration = image_.loadConfiguration();
      image_.machine() == Machine::x64 && configuration && configuration->chpeMetadataPointer != 0)
    refuse(0, "the image has CHPE metadata (ARM64EC)");
  if (baseListOffset_ == 0 || !holds(baseListOffset_, uint64_t{baseCount_} * sizeof(uint32_t)))
    return refuse(info::baseImageList, fmt::format("INFO.BaseImageList {:#x} with {} entries leaves the table",
                                                   baseListOffset_, baseCount_));
  for (uint32_t index = 0; index < baseCount_; ++index)
    if (!readBase(index, baseListOffset_ + uint64_t{index} * sizeof(uint32_t)))
      return false;
  return true;
}

bool HotpatchReader::readBase(uint32_t index, uint64_t at) {
  namespace base = hotpatch::base;
  const uint32_t offset = value(at);
  if (offset == 0 || !holds(offset, hotpatch::baseSize))
    return refuse(at, fmt::format("BASE {} at {:#x} leaves the table", index, offset));
  const auto field = [&](uint32_t member) { return value(uint64_t{offset} + member); };
  table().bases.push_back({.offset = offset,
                           .sequence = field(base::sequenceNumber),
                           .flags = field(base::flags),
                           .timestamp = field(base::originalTimeDateStamp),
                           .checksum = field(base::originalCheckSum)});
  // Of several bases each may be of another machine; the only one must be of this.
  if (const uint32_t wanted = machineFlag(image_.machine()); baseCount_ == 1 && (field(base::flags) & wanted) == 0)
    refuse(offset + base::flags, fmt::format("BASE {}: Flags {:#x} do not name the machine {} ({:#x})", index,
                                             field(base::flags), machineName(image_.machine()), wanted));
  const uint32_t integrity = field(base::codeIntegrityInfo);
  const uint32_t integritySize = field(base::codeIntegritySize);
  if (integrity != 0 && !holds(integrity, integritySize))
    refuse(offset + base::codeIntegrityInfo,
           fmt::format("BASE {}: CodeIntegrityInfo {:#x} with size {:#x} leaves the table", index, integrity,
                       integritySize));
  const uint32_t patches = field(base::patchTable);
  if (patches < *hotpatch::infoSize(table().version))
    return refuse(offset + base::patchTable, fmt::format("BASE {}: PatchTable {:#x} lies inside INFO", index, patches));
  if (!holds(patches, sizeof(uint32_t)))
    return refuse(offset + base::patchTable, fmt::format("BASE {}: PatchTable {:#x} leaves the table", index, patches));
  return readPatchTable(index, patches);
}

// Ends: every turn moves `offset` forward, and it must stay inside INFO.Size.
bool HotpatchReader::readPatchTable(uint32_t base, uint64_t offset) {
  const uint64_t valueCount = hotpatch::recordValues(table().version, extraPatchSize_);
  const uint64_t size = hotpatch::recordBytes(table().version, extraPatchSize_);
  for (;;) {
    if (!holds(offset, sizeof(uint32_t)))
      return refuse(offset, "the patch table has no end: INFO.Size is spent before a header of 0");
    const ChunkHeader header{value(offset)};
    if (header.endsTable())
      return true;
    if (!checkChunk(header, offset))
      return false;
    const uint64_t records = offset + sizeof(uint32_t);
    if (!holds(records, header.count() * size))
      return refuse(offset, fmt::format("a chunk's COUNT of {} records, {:#x} bytes each, leaves the table",
                                        header.count(), size));
    recordBytes_ += sizeof(uint32_t) + header.count() * size;
    if (recordBytes_ > table().size)
      return refuse(offset, "patch tables overlap: together they are longer than INFO.Size");
    offset = records;
    for (uint32_t index = 0; index < header.count(); ++index, offset += size)
      if (!readRecord(base, header, offset, valueCount))
        return false;
  }
}

bool HotpatchReader::checkChunk(ChunkHeader header, uint64_t offset) {
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
  return true;
}

bool HotpatchReader::readRecord(uint32_t base, ChunkHeader header, uint64_t offset, uint64_t valueCount) {
  HotpatchRecord record{.base = base,
                        .offset = static_cast<uint32_t>(offset),
                        .type = *header.type(),
                        .inverse = header.isInverse(),
                        .writtenRva = value(offset),
                        .targetRva = value(offset + sizeof(uint32_t)),
                        .expectedBytes = {}};
  if (record.type == ChunkType::function && valueCount > 2) {
    const uint64_t size = (valueCount - 2) * sizeof(uint32_t);
    expectedBytes_ += size;
    if (expectedBytes_ > mostExpectedBytes)
      return refuse(hotpatch::info::extraPatchSize,
                    fmt::format("records expect more than {} bytes of original code", mostExpectedBytes));
    record.expectedBytes = bytes(offset + 2 * sizeof(uint32_t), size);
  }
  table().records.push_back(std::move(record));
  checkRecord(table().records.back());
  return true;
}

// The side of the record that lies in the hotpatch image.
void HotpatchReader::checkRecord(const HotpatchRecord &record) {
  if (record.inverse) {
    checkWriteInHotpatch(record);
    return;
  }
  const Section *section = image_.sectionAt(record.targetRva);
  if (section == nullptr || !section->isExecutable())
    refuse(record.offset + sizeof(uint32_t),
           fmt::format("{} leads to RVA {:#x}, which is no code of the hotpatch image",
                       hotpatch::chunkTypeName(record.type), record.targetRva),
           table().records.size() - 1);
}

void HotpatchReader::checkWriteInHotpatch(const HotpatchRecord &record) {
  const auto kind = hotpatch::chunkTypeName(record.type);
  const size_t index = table().records.size() - 1;
  if (record.type == ChunkType::dynamicValue && record.targetRva == hotpatch::dynamicValueInvalid)
    refuse(record.offset + sizeof(uint32_t), fmt::format("{} asks for the invalid value {:#x}", kind, record.targetRva),
           index);
  const auto extent = hotpatch::writeExtent(record.type, machineNumber(image_.machine()));
  if (!extent) { // a call target: nothing is written, but it is a place in the image
    if (record.writtenRva >= image_.sizeOfImage())
      refuse(record.offset,
             fmt::format("{} at RVA {:#x} leaves the image (SizeOfImage {:#x})", kind, record.writtenRva,
                         image_.sizeOfImage()),
             index);
    return;
  }
  const Section *section = sectionOfWrite(image_, record.writtenRva, *extent);
  if (section == nullptr)
    refuse(record.offset,
           fmt::format("{} writes {} bytes around RVA {:#x}, which leave the sections of the hotpatch image", kind,
                       extent->before + extent->after, record.writtenRva),
           index);
  else if (record.type == ChunkType::function && !section->isExecutable())
    refuse(record.offset,
           fmt::format("{} writes at RVA {:#x} in section {}, which is not executable", kind, record.writtenRva,
                       section->name),
           index);
}

} // namespace

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

const Section *sectionOfWrite(const Image &image, uint32_t rva, hotpatch::WriteExtent extent) {
  if (rva < extent.before)
    return nullptr;
  const uint32_t begin = rva - extent.before;
  const Section *section = image.sectionAt(begin);
  return section != nullptr && section->extent() - (begin - section->rva) >= uint64_t{extent.before} + extent.after
             ? section
             : nullptr;
}

std::string refusalStatusText(const std::optional<uint32_t> &status) {
  return status ? fmt::format("{:#010x}", *status) : "a status that is not known";
}

LoaderRefusal refusalAt(const Image &hotpatch, const HotpatchTable &table, uint32_t offset, std::string reason,
                        std::optional<size_t> record, uint32_t status) {
  const uint32_t rva = table.rva + offset;
  LoaderRefusal refusal{status, record, rva, hotpatch.fileOffset(rva), {}, std::move(reason)};
  refusal.place =
      fmt::format("{}hotpatch table, RVA {:#x} (INFO + {:#x}{})", record ? fmt::format("record {}, ", *record) : "",
                  rva, offset, refusal.fileOffset ? fmt::format(", file offset {:#x}", *refusal.fileOffset) : "");
  return refusal;
}

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

HotpatchReading readHotpatch(const Image &image) {
  for (const Section &section : image.sections())
    if (section.name == hotpatch::legacySectionName)
      return {.table = {},
              .refusals = {{.status = {},
                            .record = {},
                            .rva = section.rva,
                            .fileOffset = section.fileOffset,
                            .place = fmt::format("section {}, RVA {:#x}", section.name, section.rva),
                            .reason = "a hotpatch in the format of 2003 (HOT1), which no supported system applies"}},
              .isWhole = false};
  const auto &configuration = image.loadConfiguration();
  if (!configuration || configuration->hotPatchTableRva == 0)
    return {};
  return HotpatchReader(image, configuration->hotPatchTableRva).read();
}

Result<std::optional<HotpatchTable>> readHotpatchTable(const Image &image) {
  HotpatchReading reading = readHotpatch(image);
  if (reading.refusals.empty())
    return std::move(reading.table);
  const LoaderRefusal &first = reading.refusals.front();
  return failInput(image.path().string(), first.place,
                   fmt::format("{}; the loader refuses it with {}", first.reason, refusalStatusText(first.status)),
                   first.status ? "rebuild the hotpatch image"
                                : "give the hotpatch image of the KB, not the coldpatch package of an old system");
}

} // namespace hotgate::analyzer
