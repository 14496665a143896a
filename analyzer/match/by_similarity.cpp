// A function that changed and moved at once: of all that is unpaired, it and its partner are each other's best match by
// far, and long enough for that to mean something.
#include "analyzer/match/pass.h"
#include "analyzer/match/unpaired_likeness.h"

namespace hotgate::analyzer {

namespace {

constexpr float leastLikeness = 0.8F;
constexpr float leastLead = 0.1F;  // over the second best
constexpr uint32_t leastSize = 64; // bytes

// True when no other partner on either side comes near.
bool isClear(const UnpairedLikeness &likeness, size_t pre, size_t post) {
  const float mine = likeness.between(pre, post);
  for (size_t j = 0; j < likeness.post().size(); ++j)
    if (j != post && likeness.between(pre, j) + leastLead > mine)
      return false;
  for (size_t i = 0; i < likeness.pre().size(); ++i)
    if (i != pre && likeness.between(i, post) + leastLead > mine)
      return false;
  return true;
}

} // namespace

void pairBySimilarity(PassInput &input, Pairing &pairing, std::string_view name) {
  const UnpairedLikeness likeness(input, pairing.functions);
  if (!likeness.known())
    return;
  for (size_t i = 0; i < likeness.pre().size(); ++i)
    for (size_t j = 0; j < likeness.post().size(); ++j)
      if (likeness.between(i, j) >= leastLikeness && likeness.between(i, j) == likeness.bestOfPre(i) &&
          input.pre.functions()[likeness.pre()[i]].totalSize() >= leastSize &&
          input.post.functions()[likeness.post()[j]].totalSize() >= leastSize && isClear(likeness, i, j))
        pairing.functions.pair(likeness.pre()[i], likeness.post()[j], name);
}

} // namespace hotgate::analyzer
