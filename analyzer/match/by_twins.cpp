// Equal bodies that even their neighbours cannot tell apart (all of them moved, or came together from several source
// files) pair in address order when there are as many on both sides: whichever is called, the same code runs.
#include "analyzer/match/pass.h"
#include "analyzer/match/similarity.h"

#include <map>

namespace hotgate::analyzer {

void pairByTwins(PassInput &input, Pairing &pairing, std::string_view name) {
  struct Twins {
    std::vector<FunctionIndex> pre, post; // by address
  };
  std::map<uint64_t, Twins> byBody;
  PairList &pairs = pairing.functions;
  for (FunctionIndex i = 0; i < pairs.preCount(); ++i)
    if (input.preHashes[i] != 0 && !pairs.toPost(i))
      byBody[input.preHashes[i]].pre.push_back(i);
  for (FunctionIndex i = 0; i < pairs.postCount(); ++i)
    if (input.postHashes[i] != 0 && !pairs.toPre(i))
      byBody[input.postHashes[i]].post.push_back(i);
  for (const auto &[body, twins] : byBody) {
    if (twins.pre.size() != twins.post.size())
      continue;
    for (size_t i = 0; i < twins.pre.size(); ++i)
      if (mayPairNameless(input.pre.functions()[twins.pre[i]], input.post.functions()[twins.post[i]]))
        pairs.pair(twins.pre[i], twins.post[i], name);
  }
}

} // namespace hotgate::analyzer
