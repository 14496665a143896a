// Which function of the post image is which function of the pre image, and which datum is which.
//
// Passes run in the order of the table in pairing.cpp; the first that finds a one-to-one match keeps it, and every
// pair carries the name of its pass. Ambiguous is no pair: two functions that a pass cannot tell apart stay unpaired,
// and a later pass may still tell them apart by something else. What is paired says more about what is not yet, so the
// table runs again until nothing is found.
#pragma once

#include "analyzer/code/program.h"
#include "support/budget.h"

#include <limits>
#include <optional>
#include <string_view>
#include <vector>

namespace hotgate::analyzer {

// Pairs of one sort of thing (functions, data), one to one.
class PairList {
public:
  PairList(size_t preCount, size_t postCount) : toPost_(preCount, none), toPre_(postCount, none), passes_(preCount) {}

  // Both must be unpaired.
  void pair(uint32_t pre, uint32_t post, std::string_view pass) {
    toPost_[pre] = post;
    toPre_[post] = pre;
    passes_[pre] = pass;
    inOrder_.push_back(pre);
  }
  [[nodiscard]] std::optional<uint32_t> toPost(uint32_t pre) const { return optional(toPost_[pre]); }
  [[nodiscard]] std::optional<uint32_t> toPre(uint32_t post) const { return optional(toPre_[post]); }
  // The pass that paired this one of the pre side; "" when it has no partner.
  [[nodiscard]] std::string_view pass(uint32_t pre) const { return passes_[pre]; }
  // Those of the pre side that have a partner, in the order in which they were paired.
  [[nodiscard]] const std::vector<uint32_t> &inOrder() const { return inOrder_; }
  [[nodiscard]] size_t count() const { return inOrder_.size(); }
  [[nodiscard]] size_t preCount() const { return toPost_.size(); }
  [[nodiscard]] size_t postCount() const { return toPre_.size(); }

private:
  static constexpr uint32_t none = std::numeric_limits<uint32_t>::max();
  static std::optional<uint32_t> optional(uint32_t index) {
    return index == none ? std::nullopt : std::optional(index);
  }

  std::vector<uint32_t> toPost_;
  std::vector<uint32_t> toPre_;
  std::vector<std::string_view> passes_; // literals of the pass table
  std::vector<uint32_t> inOrder_;
};

struct Pairing {
  PairList functions;
  PairList data;
  bool isComplete = true; // false: the budget was spent before nothing more was found
  Pairing(const Program &pre, const Program &post)
      : functions(pre.functions().size(), post.functions().size()), data(pre.data().size(), post.data().size()) {}
};

Pairing pairPrograms(const Program &pre, const Program &post, const Budget &budget = {});

} // namespace hotgate::analyzer
