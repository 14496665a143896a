// What paired code with equal masked bytes refers to at the same place is the same thing: two builds of ParseOptions
// both begin with `call X`, so their X's are one function, whatever its name or body. Data without symbols pairs only
// so.
#include "analyzer/match/pass.h"

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

} // namespace

void pairByReferrers(PassInput &input, Pairing &pairing, std::string_view name) {
  collect(input, pairing);
  pairElectedFunctions(input, pairing.functions, elect(input.fromCode.functions), name);
  pairElectedData(input, pairing.data, elect(input.fromCode.data), name);
}

} // namespace hotgate::analyzer
