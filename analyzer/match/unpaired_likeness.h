// How alike each unpaired function is to each of the other image's.
//
// A guess by likeness is only good when nothing else is as good: two parsers of one grammar are 70 % alike and still
// two functions. So every pass that guesses asks for the best there is first.
#pragma once

#include "analyzer/code/program.h"
#include "analyzer/match/pass.h"

#include <vector>

namespace hotgate::analyzer {

class UnpairedLikeness {
public:
  // Nothing is compared when there are too many unpaired functions (each side's count multiplied): known() is false.
  UnpairedLikeness(PassInput &input, const PairList &functions);

  [[nodiscard]] bool known() const { return known_; }
  [[nodiscard]] const std::vector<FunctionIndex> &pre() const { return pre_; }
  [[nodiscard]] const std::vector<FunctionIndex> &post() const { return post_; }
  // By position in pre() and post(); 0 where names forbid the pair.
  [[nodiscard]] float between(size_t pre, size_t post) const { return likeness_[pre * post_.size() + post]; }
  [[nodiscard]] float bestOfPre(size_t pre) const { return bestOfPre_[pre]; }
  [[nodiscard]] float bestOfPost(size_t post) const { return bestOfPost_[post]; }

private:
  std::vector<FunctionIndex> pre_, post_; // ascending
  std::vector<float> likeness_;
  std::vector<float> bestOfPre_, bestOfPost_;
  bool known_ = false;
};

} // namespace hotgate::analyzer
