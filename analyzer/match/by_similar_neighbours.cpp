// A changed function without a name stands where it stood: between its sure neighbours. Of the unpaired functions
// there, those pair that are alike enough, in order, so that the sum of their likeness is greatest; but none for which
// a clearly better partner waits elsewhere.
#include "analyzer/match/pass.h"
#include "analyzer/match/similarity.h"
#include "analyzer/match/unpaired_likeness.h"
#include "analyzer/match/unpaired_runs.h"

namespace hotgate::analyzer {

namespace {

constexpr size_t mostComparisons = 4096; // of one run: beyond it, order says too little
constexpr float clearly = 0.05F;

class RunAligner {
public:
  RunAligner(const UnpairedLikeness &likeness, const UnpairedRun &run)
      : likeness_(likeness), run_(run), firstPre_(positionOf(likeness.pre(), run.pre.front())),
        firstPost_(positionOf(likeness.post(), run.post.front())), columns_(run.post.size() + 1),
        best_((run.pre.size() + 1) * columns_) {}

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
  static size_t positionOf(const std::vector<FunctionIndex> &all, FunctionIndex function) {
    return static_cast<size_t>(std::ranges::lower_bound(all, function) - all.begin());
  }

  float &best(size_t i, size_t j) { return best_[i * columns_ + j]; }

  // A run is contiguous, so it is in the list of all unpaired functions too. 0 for what may not pair.
  float likeness(size_t i, size_t j) const {
    const size_t pre = firstPre_ + i - 1;
    const size_t post = firstPost_ + j - 1;
    const float alike = likeness_.between(pre, post);
    const float elsewhere = std::max(likeness_.bestOfPre(pre), likeness_.bestOfPost(post));
    return alike >= leastSimilarity && alike + clearly > elsewhere ? alike : 0;
  }

  const UnpairedLikeness &likeness_;
  const UnpairedRun &run_;
  size_t firstPre_, firstPost_;
  size_t columns_;
  std::vector<float> best_; // sum of the first i and j of the run
};

} // namespace

void pairBySimilarNeighbours(PassInput &input, Pairing &pairing, std::string_view name) {
  const UnpairedLikeness likeness(input, pairing.functions);
  if (!likeness.known())
    return;
  for (const UnpairedRun &run : unpairedRuns(pairing.functions))
    if (run.pre.size() * run.post.size() <= mostComparisons)
      RunAligner(likeness, run).pair(pairing.functions, name);
}

} // namespace hotgate::analyzer
