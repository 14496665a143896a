// The hotpatch metadata of an image, read and checked as the loader does: INFO, one BASE, the patch table.
//
// Pure: bytes in, records out. The format and its sources: analyzer/image/hotpatch_format.h. Whatever the loader is
// known to refuse carries its NTSTATUS.
#pragma once

#include "harness/agent/image_headers.h"
#include "harness/agent/outcome.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace hotgate::harness::agent {

struct FunctionRecord {
  uint32_t function = 0;         // RVA in the base
  uint32_t target = 0;           // RVA in the patch
  std::vector<uint8_t> expected; // the function's first bytes; empty when the patch does not say
};

// A pointer slot of the patch image, and the RVA in the base that it is bound to.
struct SlotRecord {
  uint32_t slot = 0;
  uint32_t baseRva = 0;
};

struct PatchMetadata {
  uint32_t sequence = 0;
  uint32_t baseTimestamp = 0;
  uint32_t baseChecksum = 0;
  bool canRollBack = false;
  std::vector<FunctionRecord> functions; // by function
  std::vector<SlotRecord> absolute;
  std::vector<SlotRecord> indirect;
};

// `image` is the laid-out patch image.
[[nodiscard]] Outcome<PatchMetadata> parseMetadata(const std::string &entity, const ImageHeaders &headers,
                                                   std::span<const uint8_t> image);

// Whether the patch is for this base, and every place that it names lies where it may.
[[nodiscard]] Outcome<> checkAgainstBase(const std::string &entity, const PatchMetadata &metadata,
                                         const std::string &baseEntity, const ImageHeaders &base);

} // namespace hotgate::harness::agent
