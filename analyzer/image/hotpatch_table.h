// The hotpatch metadata of an image, read and checked as the loader checks it: INFO, its bases and their patch tables.
//
// What it refuses is refused by the loader too, so an error names the status that the loader would give. What can only
// be judged with the base image at hand (a forward record's place, an inverse record's target, the base's identity) is
// left to whoever has both. Layouts and sources: analyzer/image/hotpatch_format.h.
#pragma once

#include "analyzer/image/hotpatch_format.h"
#include "analyzer/image/image.h"

namespace hotgate::analyzer {

struct HotpatchBase {
  uint32_t sequence = 0;
  uint32_t flags = 0;     // hotpatch::baseFlag*
  uint32_t timestamp = 0; // that the base image must have
  uint32_t checksum = 0;  // that the base image must have
};

struct HotpatchRecord {
  uint32_t base = 0; // index into HotpatchTable::bases
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

// nullopt when the image is no hotpatch. Errors: input, for malformed metadata and for the format of 2003.
Result<std::optional<HotpatchTable>> readHotpatchTable(const Image &image);

} // namespace hotgate::analyzer
