// Pointers at the same place of paired data lead to the same thing: the third slot of a class's vtable is its third
// virtual function on both sides, even when nothing calls it by name.
#include "analyzer/match/pass.h"
#include "analyzer/match/similarity.h"

namespace hotgate::analyzer {

namespace {

void voteBySlots(const PassInput &input, const Pairing &pairing, const Datum &pre, const Datum &post,
                 std::vector<Vote> &votes) {
  for (const BaseRelocation &slot : input.pre.relocationsIn({pre.rva, std::min(pre.size, post.size)})) {
    const uint32_t postSlot = post.rva + (slot.rva - pre.rva);
    if (!input.post.image().isRelocated(postSlot))
      return; // the tables differ from here on
    const auto preTarget = input.pre.pointerAt(slot.rva);
    const auto postTarget = input.post.pointerAt(postSlot);
    const auto preFunction = preTarget ? input.pre.functionAtEntry(*preTarget) : std::nullopt;
    const auto postFunction = postTarget ? input.post.functionAtEntry(*postTarget) : std::nullopt;
    if (preFunction && postFunction && !pairing.functions.toPost(*preFunction) &&
        !pairing.functions.toPre(*postFunction))
      votes.emplace_back(*preFunction, *postFunction);
  }
}

} // namespace

void pairByPointers(PassInput &input, Pairing &pairing, std::string_view name) {
  Ballots &ballots = input.fromPointers;
  dropDecided(ballots.functions, pairing.functions);
  const std::vector<uint32_t> &pairs = pairing.data.inOrder();
  for (; ballots.seenPairs < pairs.size(); ++ballots.seenPairs) {
    const DatumIndex pre = pairs[ballots.seenPairs];
    voteBySlots(input, pairing, input.pre.data()[pre], input.post.data()[*pairing.data.toPost(pre)],
                ballots.functions);
  }
  std::optional<Decoder> decoder;
  for (const Election &election : elect(ballots.functions)) {
    const Function &pre = input.pre.functions()[election.pre];
    const Function &post = input.post.functions()[election.post];
    if (!mayPairNameless(pre, post))
      continue;
    if (!decoder)
      decoder = *Decoder::create(input.pre.image().machine());
    if (haveSameBody(input, election.pre, election.post) ||
        similarity(*decoder, input.pre, pre, input.post, post) >= leastSimilarity)
      pairing.functions.pair(election.pre, election.post, name);
  }
}

} // namespace hotgate::analyzer
