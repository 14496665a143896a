// What paired code with equal masked bytes refers to at the same place is the same thing: two builds of ParseOptions
// both begin with `call X`, so their X's are one function, whatever its name or body. Data without symbols pairs only
// so.
//
// A single vote for a datum can be a change itself: `g_limits.soft` became `g_limits.hard`. So a lone vote must fit
// into the order: when its nearest neighbours on both sides moved by one distance, it moved by that too.
#include "analyzer/match/pass.h"
#include "analyzer/match/similarity.h"

#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

namespace hotgate::analyzer {

namespace {

void vote(const PassInput &input, const Pairing &pairing, const Reference &pre, const Reference &post,
          Ballots &ballots) {
  const Owner *preOwner = input.pre.ownerAt(pre.target);
  if (preOwner == nullptr || preOwner->kind == Owner::Kind::structure)
    return;
  const bool isFunction = preOwner->kind == Owner::Kind::function;
  if ((isFunction ? pairing.functions : pairing.data).toPost(preOwner->index))
    return;
  const Owner *postOwner = input.post.ownerAt(post.target);
  if (postOwner == nullptr || postOwner->kind != preOwner->kind || postOwner->part != preOwner->part ||
      pre.target - preOwner->range.rva != post.target - postOwner->range.rva ||
      (isFunction ? pairing.functions : pairing.data).toPre(postOwner->index))
    return;
  (isFunction ? ballots.functions : ballots.data).emplace_back(preOwner->index, postOwner->index);
}

// Adds the votes of the pairs that were found since the last time.
void collect(PassInput &input, const Pairing &pairing) {
  tbb::enumerable_thread_specific<Ballots> found;
  const std::vector<uint32_t> &pairs = pairing.functions.inOrder();
  tbb::parallel_for(tbb::blocked_range<size_t>(input.fromCode.seenPairs, pairs.size(), 256), [&](const auto &range) {
    Ballots &mine = found.local();
    for (size_t i = range.begin(); i != range.end(); ++i) {
      const FunctionIndex partner = *pairing.functions.toPost(pairs[i]);
      if (!haveSameBody(input, pairs[i], partner))
        continue;
      const auto preReferences = input.pre.functions()[pairs[i]].references;
      const auto postReferences = input.post.functions()[partner].references;
      for (size_t k = 0; k < std::min(preReferences.size(), postReferences.size()); ++k)
        vote(input, pairing, preReferences[k], postReferences[k], mine);
    }
  });
  Ballots &all = input.fromCode;
  all.seenPairs = pairs.size();
  dropDecided(all.functions, pairing.functions);
  dropDecided(all.data, pairing.data);
  for (const Ballots &some : found) {
    all.functions.insert(all.functions.end(), some.functions.begin(), some.functions.end());
    all.data.insert(all.data.end(), some.data.begin(), some.data.end());
  }
}

int64_t shiftOf(const PassInput &input, uint32_t pre, uint32_t post) {
  return int64_t{input.post.data()[post].rva} - input.pre.data()[pre].rva;
}

// Elections by pre index, which is address order.
void pairData(const PassInput &input, PairList &pairs, const std::vector<Election> &elected, std::string_view name) {
  // How far each datum has moved that is paired or has more than one vote.
  std::vector<std::pair<uint32_t, int64_t>> sure;
  for (uint32_t i = 0; i < pairs.preCount(); ++i)
    if (const auto post = pairs.toPost(i))
      sure.emplace_back(i, shiftOf(input, i, *post));
  const auto paired = static_cast<std::ptrdiff_t>(sure.size());
  for (const Election &election : elected)
    if (election.votes > 1)
      sure.emplace_back(election.pre, shiftOf(input, election.pre, election.post));
  std::inplace_merge(sure.begin(), sure.begin() + paired, sure.end());
  size_t next = 0;
  for (const Election &election : elected) {
    while (next < sure.size() && sure[next].first < election.pre)
      ++next;
    const bool isBetween = election.votes == 1 && next > 0 && next < sure.size();
    if (isBetween && sure[next - 1].second == sure[next].second &&
        sure[next].second != shiftOf(input, election.pre, election.post))
      continue;
    pairs.pair(election.pre, election.post, name);
  }
}

} // namespace

void pairByReferrers(PassInput &input, Pairing &pairing, std::string_view name) {
  collect(input, pairing);
  std::optional<Decoder> decoder;
  for (const Election &election : elect(input.fromCode.functions)) {
    const Function &pre = input.pre.functions()[election.pre];
    const Function &post = input.post.functions()[election.post];
    if (!mayPairNameless(pre, post))
      continue;
    const bool sameBody = haveSameBody(input, election.pre, election.post);
    if (!sameBody && !decoder)
      decoder = *Decoder::create(input.pre.image().machine());
    if (sameBody || similarity(*decoder, input.pre, pre, input.post, post) >= leastSimilarity)
      pairing.functions.pair(election.pre, election.post, name);
  }
  pairData(input, pairing.data, elect(input.fromCode.data), name);
}

} // namespace hotgate::analyzer
