// What the loader would answer to a hotpatch image on this base: it applies, or it is refused, with which status, for
// which field of which record.
//
// Needs the two images and no symbols. The order is the loader's: the metadata by itself, the base's identity, the
// places of the records, the bytes that stand there. Only the first refusal is its answer; the others are what it would
// say after that one is mended. Sources: analyzer/image/hotpatch_format.h. Limits: what depends on the machine is not
// here: the sequence number that is active, room in the address table, a hook of another product, the patch's callout.
#pragma once

#include "analyzer/image/hotpatch_table.h"

namespace hotgate::analyzer {

struct LoaderPrediction {
  std::vector<LoaderRefusal> refusals; // empty: it applies
  std::optional<uint32_t> base;        // index of the BASE that names this base; its records are what counts
};

[[nodiscard]] LoaderPrediction predictLoader(const Image &base, const Image &hotpatch, const HotpatchReading &reading);

} // namespace hotgate::analyzer
