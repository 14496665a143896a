// The blob of a hotpatch image: INFO, one BASE, the patch table (analyzer/image/hotpatch_format.h).
#pragma once

#include "support/result.h"

#include <cstdint>
#include <vector>

namespace hotgate::corpus {

// Which values stand in the two first places of a record; see "forward" and "INVERSE" in the format.
struct Binding {
  uint32_t written = 0;
  uint32_t target = 0;
  friend auto operator<=>(const Binding &, const Binding &) = default;
};

struct Redirect {
  Binding binding;                     // written: the base's function; target: the patch's
  std::vector<uint32_t> originalBytes; // extraPatchSize values
};

struct HotpatchMetadata {
  uint32_t version = 4;
  uint32_t sequence = 1;
  uint32_t extraPatchSize = 0; // 32-bit values, as in the field
  uint16_t machine = 0;        // IMAGE_FILE_HEADER.Machine
  uint32_t baseTimestamp = 0;
  uint32_t baseChecksum = 0;
  std::vector<Redirect> redirects;
  std::vector<Binding> absolute;
  std::vector<Binding> indirect;
  std::vector<Binding> callTargets;
};

// Deterministic: the records of a type are sorted by the place that they write.
[[nodiscard]] std::vector<uint8_t> serialize(HotpatchMetadata metadata);

} // namespace hotgate::corpus
