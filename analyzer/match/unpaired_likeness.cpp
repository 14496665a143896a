#include "analyzer/match/unpaired_likeness.h"

#include "analyzer/match/similarity.h"

#include <tbb/parallel_for.h>

namespace hotgate::analyzer {

namespace {

constexpr size_t mostComparisons = 4'000'000;

std::vector<std::vector<uint32_t>> operationsOfAll(tbb::enumerable_thread_specific<Decoder> &decoders,
                                                   const Program &program,
                                                   const std::vector<FunctionIndex> &functions) {
  std::vector<std::vector<uint32_t>> result(functions.size());
  tbb::parallel_for(size_t{0}, functions.size(), [&](size_t i) {
    result[i] = operationsOf(decoders.local(), program, program.functions()[functions[i]]);
  });
  return result;
}

} // namespace

UnpairedLikeness::UnpairedLikeness(PassInput &input, const PairList &functions) {
  for (FunctionIndex i = 0; i < functions.preCount(); ++i)
    if (!functions.toPost(i))
      pre_.push_back(i);
  for (FunctionIndex i = 0; i < functions.postCount(); ++i)
    if (!functions.toPre(i))
      post_.push_back(i);
  if (pre_.empty() || post_.empty() || pre_.size() > mostComparisons / post_.size())
    return;
  known_ = true;
  const auto preOperations = operationsOfAll(input.decoders, input.pre, pre_);
  const auto postOperations = operationsOfAll(input.decoders, input.post, post_);
  likeness_.resize(pre_.size() * post_.size());
  tbb::parallel_for(size_t{0}, pre_.size(), [&](size_t i) {
    for (size_t j = 0; j < post_.size(); ++j)
      if (mayPairNameless(input.pre.functions()[pre_[i]], input.post.functions()[post_[j]]))
        likeness_[i * post_.size() + j] = static_cast<float>(similarity(preOperations[i], postOperations[j]));
  });
  bestOfPre_.resize(pre_.size());
  bestOfPost_.resize(post_.size());
  for (size_t i = 0; i < pre_.size(); ++i)
    for (size_t j = 0; j < post_.size(); ++j) {
      bestOfPre_[i] = std::max(bestOfPre_[i], between(i, j));
      bestOfPost_[j] = std::max(bestOfPost_[j], between(i, j));
    }
}

} // namespace hotgate::analyzer
