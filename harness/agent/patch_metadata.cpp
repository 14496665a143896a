#include "harness/agent/patch_metadata.h"

#include "analyzer/image/hotpatch_format.h"
#include "harness/agent/bounded_bytes.h"

#include <algorithm>

namespace hotgate::harness::agent {
namespace {

using hotpatch::ChunkHeader;
using hotpatch::ChunkType;

// The blob [INFO, INFO + Size) and where it stands, for messages.
struct Blob {
  const std::string &entity;
  std::span<const uint8_t> bytes;
  uint32_t version = 0;
  uint32_t extraPatchSize = 0;

  // Only for offsets that were checked before.
  [[nodiscard]] uint32_t value(uint64_t offset) const { return *readAt<uint32_t>(bytes, offset); }
  [[nodiscard]] auto malformed(std::string place, std::string reason) const {
    return refuse(entity, std::move(place), std::move(reason), "make the hotpatch image again",
                  hotpatch::status::invalidImageFormat);
  }
};

Outcome<Blob> findBlob(const std::string &entity, const ImageHeaders &headers, std::span<const uint8_t> image) {
  const Blob none{entity, {}};
  const uint32_t configuration = headers.directories[directory::loadConfiguration].rva;
  constexpr uint32_t field = hotpatch::tableOffsetIn64BitLoadConfiguration;
  const auto size = configuration != 0 ? readAt<uint32_t>(image, configuration) : std::nullopt;
  const auto chpe = readAt<uint64_t>(image, uint64_t{configuration} + 0xC8);
  const auto rva = readAt<uint32_t>(image, uint64_t{configuration} + field);
  if (!size || *size < field + sizeof(uint32_t) || !rva || *rva == 0)
    return none.malformed("load configuration", "HotPatchTableOffset is missing or 0: the image is not a hotpatch");
  if (chpe.value_or(0) != 0)
    return none.malformed("load configuration", "CHPEMetadataPointer is set: ARM64EC images are not patched this way");
  const auto version = readAt<uint32_t>(image, uint64_t{*rva} + hotpatch::info::version);
  const auto blobSize = readAt<uint32_t>(image, uint64_t{*rva} + hotpatch::info::size);
  const auto least = hotpatch::infoSize(version.value_or(0));
  if (!least)
    return none.malformed("INFO", fmt::format("version {} is not 1 to 4", version.value_or(0)));
  if (!blobSize || *blobSize < *least || !fits(image, *rva, *blobSize))
    return none.malformed(
        "INFO", fmt::format("size {:#x} is less than {:#x} or ends outside the image", blobSize.value_or(0), *least));
  Blob blob{entity, image.subspan(*rva, *blobSize), *version, 0};
  if (*version >= 3)
    blob.extraPatchSize = blob.value(hotpatch::info::extraPatchSize);
  return blob;
}

// Offset of the one BASE.
Outcome<uint32_t> findBase(const Blob &blob) {
  const uint32_t count = blob.value(hotpatch::info::baseImageCount);
  if (count != 1)
    return blob.malformed("INFO", fmt::format("{} base images; newer systems take exactly one", count));
  const uint32_t list = blob.value(hotpatch::info::baseImageList);
  const auto at = readAt<uint32_t>(blob.bytes, list);
  if (list == 0 || !at || *at == 0 || !fits(blob.bytes, *at, hotpatch::baseSize))
    return blob.malformed("BASE 0", "its place in the list, or the place that the list names, is outside the metadata");
  if ((blob.value(uint64_t{*at} + hotpatch::base::flags) & hotpatch::baseFlagMachineAmd64) == 0)
    return blob.malformed("BASE 0", "it is for another machine (MACHINE_AMD64 is not set)");
  const uint32_t integrity = blob.value(uint64_t{*at} + hotpatch::base::codeIntegrityInfo);
  if (integrity != 0 && !fits(blob.bytes, integrity, blob.value(uint64_t{*at} + hotpatch::base::codeIntegritySize)))
    return blob.malformed("BASE 0", "CodeIntegrityInfo leads outside the metadata");
  return *at;
}

Outcome<> addFunction(const Blob &blob, const ImageHeaders &headers, const std::string &place, uint64_t record,
                      std::vector<FunctionRecord> &functions) {
  FunctionRecord function{blob.value(record), blob.value(record + 4), {}};
  const auto extra = blob.bytes.subspan(record + 8, hotpatch::recordBytes(blob.version, blob.extraPatchSize) - 8);
  function.expected.assign(extra.begin(), extra.end());
  if (!headers.isExecutable(function.target, uint64_t{function.target} + 1))
    return blob.malformed(place, fmt::format("target RVA {:#x} is not in an executable section", function.target));
  functions.push_back(std::move(function));
  return {};
}

// A pointer slot of the patch must lie in one of its sections, not in the headers.
Outcome<> addSlot(const Blob &blob, const ImageHeaders &headers, const std::string &place, uint64_t record,
                  std::vector<SlotRecord> &slots) {
  const SlotRecord slot{blob.value(record), blob.value(record + 4)};
  const bool inside = std::any_of(headers.sections.begin(), headers.sections.end(), [&](const ImageSection &section) {
    return section.contains(slot.slot, uint64_t{slot.slot} + 8);
  });
  if (!inside)
    return blob.malformed(place, fmt::format("slot RVA {:#x} is not inside the patch image", slot.slot));
  slots.push_back(slot);
  return {};
}

Outcome<> checkHeader(const Blob &blob, const std::string &place, ChunkHeader header) {
  if (header.reservedBits() != 0)
    return blob.malformed(place, fmt::format("reserved bits {:#x} are set", header.reservedBits()));
  if (header.isObligatory())
    return blob.malformed(place, "OBLIGATORY is set, which the loader refuses");
  const auto type = header.type();
  if (!type || *type == ChunkType::none)
    return blob.malformed(place, fmt::format("type {:#x} is unknown", header.typeBits()));
  const bool forwardable = *type == ChunkType::function;
  if (!header.isInverse() && !forwardable)
    return blob.malformed(
        place, fmt::format("{} without INVERSE; only FUNCTION may be forward", hotpatch::chunkTypeName(*type)));
  // What the loader does with these is not known (README, Limits); to guess would be worse than to refuse.
  if ((header.isInverse() && forwardable) || *type == ChunkType::rel32 || *type == ChunkType::dynamicValue)
    return refuse(blob.entity, place,
                  fmt::format("{}{} records are not supported", header.isInverse() ? "INVERSE " : "",
                              hotpatch::chunkTypeName(*type)),
                  "make the hotpatch image without them");
  return {};
}

Outcome<> addRecord(const Blob &blob, const ImageHeaders &headers, const std::string &place, ChunkHeader header,
                    uint64_t record, PatchMetadata &metadata) {
  switch (*header.type()) {
  case ChunkType::function:
    return addFunction(blob, headers, place, record, metadata.functions);
  case ChunkType::absolute:
    return addSlot(blob, headers, place, record, metadata.absolute);
  case ChunkType::indirect:
    return addSlot(blob, headers, place, record, metadata.indirect);
  default: // call targets write nothing, but are places in the image
    if (blob.value(record) >= headers.sizeOfImage)
      return blob.malformed(place, fmt::format("target RVA {:#x} is not inside the patch image", blob.value(record)));
    return {};
  }
}

Outcome<> readTable(const Blob &blob, const ImageHeaders &headers, uint32_t tableAt, PatchMetadata &metadata) {
  const uint64_t recordSize = hotpatch::recordBytes(blob.version, blob.extraPatchSize);
  uint64_t at = tableAt;
  for (;;) { // ends: every turn moves `at` forward, and it must stay inside the blob
    const auto raw = readAt<uint32_t>(blob.bytes, at);
    const std::string place = fmt::format("patch table, offset {:#x}", at);
    if (!raw)
      return blob.malformed(place, "the table does not end inside the metadata");
    const ChunkHeader header{*raw};
    if (header.endsTable())
      return {};
    AGENT_CHECK(checkHeader(blob, place, header));
    at += sizeof(uint32_t);
    if (!fits(blob.bytes, at, header.count() * recordSize))
      return blob.malformed(place, fmt::format("its {} records end outside the metadata", header.count()));
    for (uint32_t index = 0; index < header.count(); ++index, at += recordSize)
      AGENT_CHECK(addRecord(blob, headers, fmt::format("{}, record {}", place, index), header, at, metadata));
  }
}

// Two records that write the same bytes would undo each other in the wrong order.
Outcome<> sortFunctions(const Blob &blob, std::vector<FunctionRecord> &functions) {
  std::sort(functions.begin(), functions.end(), [](const auto &a, const auto &b) { return a.function < b.function; });
  const auto extent = *hotpatch::writeExtent(ChunkType::function, hotpatch::machineAmd64);
  for (size_t index = 1; index < functions.size(); ++index)
    if (functions[index].function - functions[index - 1].function < extent.before + extent.after)
      return blob.malformed("patch table", fmt::format("the records for RVA {:#x} and {:#x} overlap",
                                                       functions[index - 1].function, functions[index].function));
  return {};
}

} // namespace

Outcome<PatchMetadata> parseMetadata(const std::string &entity, const ImageHeaders &headers,
                                     std::span<const uint8_t> image) {
  AGENT_TRY(const Blob blob, findBlob(entity, headers, image));
  AGENT_TRY(const uint32_t base, findBase(blob));
  PatchMetadata metadata;
  metadata.sequence = blob.value(hotpatch::info::sequenceNumber);
  if (metadata.sequence == 0)
    return blob.malformed("INFO", "SequenceNumber is 0");
  metadata.baseTimestamp = blob.value(uint64_t{base} + hotpatch::base::originalTimeDateStamp);
  metadata.baseChecksum = blob.value(uint64_t{base} + hotpatch::base::originalCheckSum);
  metadata.canRollBack = (blob.value(uint64_t{base} + hotpatch::base::flags) & hotpatch::baseFlagCanRollBack) != 0;
  const uint32_t table = blob.value(uint64_t{base} + hotpatch::base::patchTable);
  if (table < *hotpatch::infoSize(blob.version))
    return blob.malformed("BASE 0", fmt::format("PatchTable {:#x} lies inside INFO", table));
  AGENT_CHECK(readTable(blob, headers, table, metadata));
  AGENT_CHECK(sortFunctions(blob, metadata.functions));
  return metadata;
}

Outcome<> checkAgainstBase(const std::string &entity, const PatchMetadata &metadata, const std::string &baseEntity,
                           const ImageHeaders &base) {
  if (metadata.baseTimestamp != base.timestamp || metadata.baseChecksum != base.checksum)
    return refuse(entity, "BASE 0",
                  fmt::format("it is for a base with timestamp {:#x} and checksum {:#x}; {} has {:#x} and {:#x}",
                              metadata.baseTimestamp, metadata.baseChecksum, baseEntity, base.timestamp, base.checksum),
                  "use the hotpatch that was made for this base", hotpatch::status::revisionMismatch);
  const auto malformed = [&](std::string reason) {
    return refuse(entity, "patch table", std::move(reason), "make the hotpatch image again",
                  hotpatch::status::invalidImageFormat);
  };
  const auto extent = *hotpatch::writeExtent(ChunkType::function, hotpatch::machineAmd64);
  for (const FunctionRecord &record : metadata.functions) {
    const uint64_t end = uint64_t{record.function} + std::max<uint64_t>(extent.after, record.expected.size());
    if (record.function < extent.before || !base.isExecutable(record.function - extent.before, end))
      return malformed(fmt::format("function RVA {:#x} is not in an executable section of {}, with its padding",
                                   record.function, baseEntity));
  }
  for (const SlotRecord &record : metadata.absolute)
    if (record.baseRva >= base.sizeOfImage)
      return malformed(fmt::format("RVA {:#x} is outside {}", record.baseRva, baseEntity));
  for (const SlotRecord &record : metadata.indirect)
    if (uint64_t{record.baseRva} + 8 > base.sizeOfImage)
      return malformed(fmt::format("RVA {:#x} is outside {}", record.baseRva, baseEntity));
  return {};
}

} // namespace hotgate::harness::agent
