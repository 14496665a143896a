// The hotpatch metadata of an image, read and checked as the loader checks it: INFO, its bases and their patch tables.
//
// What it refuses is refused by the loader too, with the status that the loader would give. What can only be judged
// with the base image at hand (a forward record's place, an inverse record's target, the base's identity) is left to
// analyzer/hotpatch, which has both. Layouts and sources: analyzer/image/hotpatch_format.h.
//
// The metadata is read as the loader sees it: laid out in memory, zero where the file has nothing.
#pragma once

#include "analyzer/image/hotpatch_format.h"
#include "analyzer/image/image.h"
#include "analyzer/image/loader_refusal.h"

namespace hotgate::analyzer {

struct HotpatchBase {
  uint32_t offset = 0; // from INFO
  uint32_t sequence = 0;
  uint32_t flags = 0;     // hotpatch::baseFlag*
  uint32_t timestamp = 0; // that the base image must have
  uint32_t checksum = 0;  // that the base image must have
};

struct HotpatchRecord {
  uint32_t base = 0;   // index into HotpatchTable::bases
  uint32_t offset = 0; // of its first value, from INFO
  hotpatch::ChunkType type = hotpatch::ChunkType::none;
  bool inverse = false;
  uint32_t writtenRva = 0;            // in the base image; in the hotpatch image when inverse
  uint32_t targetRva = 0;             // in the other image
  std::vector<uint8_t> expectedBytes; // FUNCTION: the first original bytes at the place; may be empty
};

struct HotpatchTable {
  uint32_t rva = 0; // of INFO
  uint32_t version = 0;
  uint32_t size = 0; // of the whole blob
  uint32_t sequence = 0;
  uint32_t minSequence = 0; // 0 before version 4
  uint32_t flags = 0;       // hotpatch::infoFlag*, 0 before version 4
  std::vector<HotpatchBase> bases;
  std::vector<HotpatchRecord> records; // in table order
};

// "function", "absolute", "rel32", "call-target", "indirect", "no-call-target", "dynamic-value"
[[nodiscard]] std::string_view hotpatchRecordKindName(hotpatch::ChunkType type);

// As much of the metadata as can be read, and what the loader refuses in it, in the order in which it would meet it.
struct HotpatchReading {
  std::optional<HotpatchTable> table; // nullopt: no hotpatch, or one of the format of 2003
  std::vector<LoaderRefusal> refusals;
  bool isWhole = true; // every record of every base is in `table`
};
HotpatchReading readHotpatch(const Image &image);

// For whoever can use sound metadata only. nullopt when the image is no hotpatch. Errors: input, the first refusal.
Result<std::optional<HotpatchTable>> readHotpatchTable(const Image &image);

// What is refused because of the value at `offset` from INFO.
[[nodiscard]] LoaderRefusal refusalAt(const Image &hotpatch, const HotpatchTable &table, uint32_t offset,
                                      std::string reason, std::optional<size_t> record = std::nullopt,
                                      uint32_t status = hotpatch::status::invalidImageFormat);

[[nodiscard]] uint16_t machineNumber(Machine machine); // IMAGE_FILE_HEADER.Machine
// The section that holds all bytes that a record writes around `rva`, or nullptr.
[[nodiscard]] const Section *sectionOfWrite(const Image &image, uint32_t rva, hotpatch::WriteExtent extent);

} // namespace hotgate::analyzer
