// Who may vote for what, and which elected pairs are believed.
//
// A function whose body differs must at least be alike: a call that goes to another function now is no proof that the
// two are one. And a single vote for a datum can be a change itself: `g_limits.soft` became `g_limits.hard`. So a lone
// vote must fit into the order: when its nearest neighbours on both sides moved by one distance, it moved by that too.
#include "analyzer/match/pass.h"
#include "analyzer/match/similarity.h"

#include <tbb/parallel_for.h>

namespace hotgate::analyzer {

namespace {

int64_t shiftOf(const PassInput &input, uint32_t pre, uint32_t post) {
  return int64_t{input.post.data()[post].rva} - input.pre.data()[pre].rva;
}

// Whether each of the elected may pair: a decision for each by itself.
std::vector<char> believedFunctions(PassInput &input, const std::vector<Election> &elected) {
  constexpr size_t electionsPerTask = 64;
  std::vector<char> believed(elected.size());
  tbb::parallel_for(tbb::blocked_range<size_t>(0, elected.size(), electionsPerTask), [&](const auto &range) {
    for (size_t i = range.begin(); i != range.end(); ++i) {
      const Function &pre = input.pre.functions()[elected[i].pre];
      const Function &post = input.post.functions()[elected[i].post];
      believed[i] = mayPairNameless(pre, post) &&
                    (haveSameBody(input, elected[i].pre, elected[i].post) ||
                     similarity(input.decoders.local(), input.pre, pre, input.post, post) >= leastSimilarity);
    }
  });
  return believed;
}

void pairElectedFunctions(PassInput &input, PairList &pairs, const std::vector<Election> &elected,
                          std::string_view name) {
  const std::vector<char> believed = believedFunctions(input, elected);
  for (size_t i = 0; i < elected.size(); ++i)
    if (believed[i] != 0)
      pairs.pair(elected[i].pre, elected[i].post, name);
}

void notePairedData(PassInput &input, const PairList &pairs) {
  for (; input.seenData < pairs.inOrder().size(); ++input.seenData)
    input.pairedData.set(pairs.inOrder()[input.seenData]);
}

// Data are in address order. False when the nearest neighbours with a partner moved by one distance, and this by
// another.
bool fitsIntoOrder(const PassInput &input, const PairList &pairs, const Election &election) {
  const int before = input.pairedData.find_last_in(0, election.pre);
  const int behind = input.pairedData.find_next(election.pre);
  if (before < 0 || behind < 0)
    return true;
  const auto shiftOfPaired = [&](int pre) {
    return shiftOf(input, static_cast<uint32_t>(pre), *pairs.toPost(static_cast<uint32_t>(pre)));
  };
  return shiftOfPaired(before) != shiftOfPaired(behind) ||
         shiftOfPaired(behind) == shiftOf(input, election.pre, election.post);
}

// Those with more than one vote first, because the others must fit in between.
void pairElectedData(PassInput &input, PairList &pairs, const std::vector<Election> &elected, std::string_view name) {
  for (const Election &election : elected)
    if (election.votes > 1)
      pairs.pair(election.pre, election.post, name);
  notePairedData(input, pairs);
  for (const Election &election : elected)
    if (election.votes == 1 && fitsIntoOrder(input, pairs, election))
      pairs.pair(election.pre, election.post, name);
}

} // namespace

void castVote(const PassInput &input, const Pairing &pairing, uint32_t preRva, uint32_t postRva, Ballots &ballots) {
  const Owner *pre = input.pre.ownerAt(preRva);
  if (pre == nullptr || pre->kind == Owner::Kind::structure)
    return;
  const bool isFunction = pre->kind == Owner::Kind::function;
  const PairList &pairs = isFunction ? pairing.functions : pairing.data;
  if (pairs.toPost(pre->index)) // most have one: the other image need not be asked
    return;
  const Owner *post = input.post.ownerAt(postRva);
  if (post == nullptr || post->kind != pre->kind || post->part != pre->part ||
      preRva - pre->range.rva != postRva - post->range.rva || pairs.toPre(post->index))
    return;
  (isFunction ? ballots.functions : ballots.data).emplace_back(pre->index, post->index);
}

void pairElected(PassInput &input, Pairing &pairing, const Ballots &ballots, std::string_view name) {
  pairElectedFunctions(input, pairing.functions, elect(ballots.functions), name);
  pairElectedData(input, pairing.data, elect(ballots.data), name);
}

} // namespace hotgate::analyzer
