// Votes that a thing of the pre image is a thing of the post image, each from a place that both images share.
//
// A pair is elected when most votes on each of its two sides are for it: `HeapAlloc`'s wrapper is called from forty
// places, thirty-nine of which call the same wrapper in the new build; the fortieth is a change, not a vote against it.
#pragma once

#include "analyzer/match/pairing.h"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace hotgate::analyzer {

using Vote = std::pair<uint32_t, uint32_t>; // indexes: pre, post

struct Election {
  uint32_t pre = 0;
  uint32_t post = 0;
  size_t votes = 0;
};

// By pre index.
std::vector<Election> elect(std::vector<Vote> votes);

// Votes for what has found its partner meanwhile are done with.
void dropDecided(std::vector<Vote> &votes, const PairList &pairs);

} // namespace hotgate::analyzer
