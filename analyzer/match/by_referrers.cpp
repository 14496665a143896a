// What paired code with equal masked bytes refers to at the same place is the same thing: two builds of ParseOptions
// both begin with `call X`, so their X's are one function, whatever its name or body. Data without symbols pairs only
// so.
#include "analyzer/match/pass.h"

#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

namespace hotgate::analyzer {

namespace {

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
      const CodeRange &body = input.pre.functions()[pairs[i]].body;
      for (size_t k = 0; k < std::min(preReferences.size(), postReferences.size()); ++k)
        if (!body.contains(preReferences[k].target)) // that would be a vote for itself
          castVote(input, pairing, preReferences[k].target, postReferences[k].target, mine);
    }
  });
  Ballots &all = input.fromCode;
  all.seenPairs = pairs.size();
  dropDecided(all.functions, pairing.functions);
  dropDecided(all.data, pairing.data);
  for (const Ballots &some : found)
    all.add(some);
}

} // namespace

void pairByReferrers(PassInput &input, Pairing &pairing, std::string_view name) {
  collect(input, pairing);
  pairElected(input, pairing, input.fromCode, name);
}

} // namespace hotgate::analyzer
