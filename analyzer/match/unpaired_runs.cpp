#include "analyzer/match/unpaired_runs.h"

namespace hotgate::analyzer {

std::vector<UnpairedRun> unpairedRuns(const PairList &functions) {
  std::vector<UnpairedRun> runs;
  for (FunctionIndex i = 0; i < functions.preCount();) {
    if (functions.toPost(i)) {
      ++i;
      continue;
    }
    const FunctionIndex begin = i;
    while (i < functions.preCount() && !functions.toPost(i))
      ++i;
    const int64_t before = begin == 0 ? -1 : int64_t{*functions.toPost(begin - 1)};
    const int64_t behind =
        i == functions.preCount() ? static_cast<int64_t>(functions.postCount()) : int64_t{*functions.toPost(i)};
    UnpairedRun run;
    for (int64_t post = before + 1; post < behind; ++post) {
      if (functions.toPre(static_cast<FunctionIndex>(post)))
        break; // something moved in here: what lies behind it may have moved too
      run.post.push_back(static_cast<FunctionIndex>(post));
    }
    if (before + 1 + static_cast<int64_t>(run.post.size()) != behind || run.post.empty())
      continue;
    for (FunctionIndex pre = begin; pre < i; ++pre)
      run.pre.push_back(pre);
    runs.push_back(std::move(run));
  }
  return runs;
}

} // namespace hotgate::analyzer
