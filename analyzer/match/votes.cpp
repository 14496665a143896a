#include "analyzer/match/votes.h"

#include <algorithm>
#include <tbb/parallel_sort.h>
#include <tuple>

namespace hotgate::analyzer {

namespace {

// `counted` is sorted by the side; those that got more than half of all votes of their thing on that side: at most one
// of each.
template <class Side> std::vector<Election> majorities(const std::vector<Election> &counted, Side side) {
  std::vector<Election> kept;
  for (size_t begin = 0; begin < counted.size();) {
    size_t end = begin;
    size_t total = 0;
    for (; end < counted.size() && side(counted[end]) == side(counted[begin]); ++end)
      total += counted[end].votes;
    for (size_t i = begin; i < end; ++i)
      if (counted[i].votes * 2 > total)
        kept.push_back(counted[i]);
    begin = end;
  }
  return kept;
}

std::vector<Election> count(std::vector<Vote> votes) {
  tbb::parallel_sort(votes.begin(), votes.end());
  std::vector<Election> counted;
  for (const auto &[pre, post] : votes) {
    if (counted.empty() || counted.back().pre != pre || counted.back().post != post)
      counted.push_back({pre, post, 0});
    ++counted.back().votes;
  }
  return counted;
}

} // namespace

std::vector<Election> elect(std::vector<Vote> votes) {
  const auto byPre = [](const Election &a, const Election &b) {
    return std::tie(a.pre, a.post) < std::tie(b.pre, b.post);
  };
  std::vector<Election> counted = count(std::move(votes));
  const std::vector<Election> ofPre = majorities(counted, [](const Election &e) { return e.pre; });
  std::sort(counted.begin(), counted.end(),
            [](const Election &a, const Election &b) { return std::tie(a.post, a.pre) < std::tie(b.post, b.pre); });
  std::vector<Election> ofPost = majorities(counted, [](const Election &e) { return e.post; });
  std::sort(ofPost.begin(), ofPost.end(), byPre);
  std::vector<Election> elected;
  std::set_intersection(ofPre.begin(), ofPre.end(), ofPost.begin(), ofPost.end(), std::back_inserter(elected), byPre);
  return elected;
}

void dropDecided(std::vector<Vote> &votes, const PairList &pairs) {
  std::erase_if(votes, [&](const Vote &vote) { return pairs.toPost(vote.first) || pairs.toPre(vote.second); });
}

} // namespace hotgate::analyzer
