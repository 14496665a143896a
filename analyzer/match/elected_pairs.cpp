// Who may vote for what, and which elected pairs are believed.
//
// A function whose body differs must at least be alike: a call that goes to another function now is no proof that the
// two are one. And a single vote for a datum can be a change itself: `g_limits.soft` became `g_limits.hard`. So a lone
// vote must fit into the order: when its nearest neighbours on both sides moved by one distance, it moved by that too.
#include "analyzer/match/pass.h"
#include "analyzer/match/similarity.h"

namespace hotgate::analyzer {

namespace {

int64_t shiftOf(const PassInput &input, uint32_t pre, uint32_t post) {
  return int64_t{input.post.data()[post].rva} - input.pre.data()[pre].rva;
}

void pairElectedFunctions(const PassInput &input, PairList &pairs, const std::vector<Election> &elected,
                          std::string_view name) {
  std::optional<Decoder> decoder;
  for (const Election &election : elected) {
    const Function &pre = input.pre.functions()[election.pre];
    const Function &post = input.post.functions()[election.post];
    if (!mayPairNameless(pre, post))
      continue;
    const bool sameBody = haveSameBody(input, election.pre, election.post);
    if (!sameBody && !decoder)
      decoder = *Decoder::create(input.pre.image().machine());
    if (sameBody || similarity(*decoder, input.pre, pre, input.post, post) >= leastSimilarity)
      pairs.pair(election.pre, election.post, name);
  }
}

// Elections by pre index, which is address order.
void pairElectedData(const PassInput &input, PairList &pairs, const std::vector<Election> &elected,
                     std::string_view name) {
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

void pairElected(const PassInput &input, Pairing &pairing, const Ballots &ballots, std::string_view name) {
  pairElectedFunctions(input, pairing.functions, elect(ballots.functions), name);
  pairElectedData(input, pairing.data, elect(ballots.data), name);
}

} // namespace hotgate::analyzer
