// Pointers at the same place of paired data lead to the same thing: the third slot of a class's vtable is its third
// virtual function on both sides, even when nothing calls it by name, and a table of options leads to the variables
// that they set.
#include "analyzer/match/pass.h"

#include <tbb/parallel_for.h>

namespace hotgate::analyzer {

namespace {

constexpr size_t pairsPerTask = 256;

void voteBySlots(const PassInput &input, const Pairing &pairing, const Datum &pre, const Datum &post,
                 Ballots &ballots) {
  for (const BaseRelocation &slot : input.pre.relocationsIn({pre.rva, std::min(pre.size, post.size)})) {
    const uint32_t postSlot = post.rva + (slot.rva - pre.rva);
    if (!input.post.image().isRelocated(postSlot))
      return; // the tables differ from here on
    const auto preTarget = input.pre.image().pointerAt(slot.rva);
    const auto postTarget = input.post.image().pointerAt(postSlot);
    if (preTarget && postTarget)
      castVote(input, pairing, *preTarget, *postTarget, ballots);
  }
}

// Adds the votes of the data that were paired since the last time.
void collect(PassInput &input, const Pairing &pairing) {
  Ballots &ballots = input.fromPointers;
  dropDecided(ballots.functions, pairing.functions);
  dropDecided(ballots.data, pairing.data);
  const std::vector<uint32_t> &pairs = pairing.data.inOrder();
  tbb::enumerable_thread_specific<Ballots> found;
  tbb::parallel_for(tbb::blocked_range<size_t>(ballots.seenPairs, pairs.size(), pairsPerTask), [&](const auto &range) {
    Ballots &mine = found.local();
    for (size_t i = range.begin(); i != range.end(); ++i)
      voteBySlots(input, pairing, input.pre.data()[pairs[i]], input.post.data()[*pairing.data.toPost(pairs[i])], mine);
  });
  ballots.seenPairs = pairs.size();
  for (const Ballots &some : found)
    ballots.add(some);
}

} // namespace

void pairByPointers(PassInput &input, Pairing &pairing, std::string_view name) {
  collect(input, pairing);
  pairElected(input, pairing, input.fromPointers, name);
}

} // namespace hotgate::analyzer
