// A changed function without a name stands where it stood: between its sure neighbours. Of the unpaired functions
// there, those pair that are alike enough, in order, so that the sum of their likeness is greatest.
#include "analyzer/match/pass.h"
#include "analyzer/match/similarity.h"
#include "analyzer/match/unpaired_runs.h"

namespace hotgate::analyzer {

namespace {

constexpr size_t mostComparisons = 4096; // of one run: beyond it, order says too little

class RunAligner {
public:
  RunAligner(const PassInput &input, Decoder &decoder, const UnpairedRun &run)
      : run_(run), columns_(run.post.size() + 1), likeness_(run.pre.size() * run.post.size()),
        best_((run.pre.size() + 1) * columns_) {
    std::vector<std::vector<uint32_t>> postOperations;
    for (const FunctionIndex j : run.post)
      postOperations.push_back(operationsOf(decoder, input.post, input.post.functions()[j]));
    for (size_t i = 0; i < run.pre.size(); ++i) {
      const Function &pre = input.pre.functions()[run.pre[i]];
      const auto preOperations = operationsOf(decoder, input.pre, pre);
      for (size_t j = 0; j < run.post.size(); ++j) {
        if (!mayPairNameless(pre, input.post.functions()[run.post[j]]))
          continue;
        const double alike = similarity(preOperations, postOperations[j]);
        likeness_[i * run.post.size() + j] = alike >= leastSimilarity ? alike : 0;
      }
    }
  }

  void pair(PairList &pairs, std::string_view name) {
    for (size_t i = 1; i <= run_.pre.size(); ++i)
      for (size_t j = 1; j <= run_.post.size(); ++j)
        best(i, j) = std::max({best(i - 1, j), best(i, j - 1), best(i - 1, j - 1) + likeness(i, j)});
    for (size_t i = run_.pre.size(), j = run_.post.size(); i > 0 && j > 0;) {
      if (best(i, j) == best(i - 1, j)) {
        --i;
      } else if (best(i, j) == best(i, j - 1)) {
        --j;
      } else {
        pairs.pair(run_.pre[i - 1], run_.post[j - 1], name);
        --i;
        --j;
      }
    }
  }

private:
  double &best(size_t i, size_t j) { return best_[i * columns_ + j]; }
  double likeness(size_t i, size_t j) const { return likeness_[(i - 1) * run_.post.size() + (j - 1)]; }

  const UnpairedRun &run_;
  size_t columns_;
  std::vector<double> likeness_; // 0 below the least
  std::vector<double> best_;     // sum of the first i and j of the run
};

} // namespace

void pairBySimilarNeighbours(PassInput &input, Pairing &pairing, std::string_view name) {
  std::optional<Decoder> decoder;
  for (const UnpairedRun &run : unpairedRuns(pairing.functions)) {
    if (run.pre.size() * run.post.size() > mostComparisons)
      continue;
    if (!decoder)
      decoder = *Decoder::create(input.pre.image().machine());
    RunAligner(input, *decoder, run).pair(pairing.functions, name);
  }
}

} // namespace hotgate::analyzer
