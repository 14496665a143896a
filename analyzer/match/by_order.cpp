// Equal bodies that occur many times are told apart by where they stand: of the unpaired functions between two sure
// neighbours, those with the same masked body pair in their order, if there are as many of them on both sides.
// Another number of them means that one came or went, and which one cannot be told: ambiguous.
#include "analyzer/match/pass.h"
#include "analyzer/match/similarity.h"
#include "analyzer/match/unpaired_runs.h"

#include <unordered_map>

namespace hotgate::analyzer {

namespace {

// Functions of the run whose body occurs equally often on both sides.
std::vector<FunctionIndex> countable(const std::vector<FunctionIndex> &side, const std::vector<uint64_t> &hashes,
                                     const std::unordered_map<uint64_t, int> &surplus) {
  std::vector<FunctionIndex> result;
  std::copy_if(side.begin(), side.end(), std::back_inserter(result),
               [&](FunctionIndex i) { return hashes[i] != 0 && surplus.at(hashes[i]) == 0; });
  return result;
}

void pairRun(const PassInput &input, PairList &pairs, const UnpairedRun &run, std::string_view name) {
  std::unordered_map<uint64_t, int> surplus;
  for (const FunctionIndex i : run.pre)
    ++surplus[input.preHashes[i]];
  for (const FunctionIndex i : run.post)
    --surplus[input.postHashes[i]];
  const auto pre = countable(run.pre, input.preHashes, surplus);
  const auto post = countable(run.post, input.postHashes, surplus);
  // The same bodies equally often, but in another order: they were moved about, and order tells nothing.
  const bool sameOrder = std::equal(pre.begin(), pre.end(), post.begin(), post.end(),
                                    [&](auto a, auto b) { return input.preHashes[a] == input.postHashes[b]; });
  for (size_t i = 0; sameOrder && i < pre.size(); ++i)
    if (mayPairNameless(input.pre.functions()[pre[i]], input.post.functions()[post[i]]))
      pairs.pair(pre[i], post[i], name);
}

} // namespace

void pairByOrder(PassInput &input, Pairing &pairing, std::string_view name) {
  for (const UnpairedRun &run : unpairedRuns(pairing.functions))
    pairRun(input, pairing.functions, run, name);
}

} // namespace hotgate::analyzer
