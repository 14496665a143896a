// Which function of the post image is which function of the pre image.
//
// Passes run in the order of the table in pairing.cpp; the first that finds a one-to-one match keeps it, and every
// pair carries the name of its pass. Ambiguous is no pair: two functions that a pass cannot tell apart stay unpaired,
// and a later pass may still tell them apart by something else.
#pragma once

#include "analyzer/code/program.h"

#include <optional>
#include <string_view>
#include <vector>

namespace hotgate::analyzer {

class Pairing {
public:
  Pairing(size_t preCount, size_t postCount) : toPost_(preCount), toPre_(postCount), passes_(preCount) {}

  void pair(FunctionIndex pre, FunctionIndex post, std::string_view pass) {
    toPost_[pre] = post;
    toPre_[post] = pre;
    passes_[pre] = pass;
  }
  [[nodiscard]] std::optional<FunctionIndex> toPost(FunctionIndex pre) const { return toPost_[pre]; }
  [[nodiscard]] std::optional<FunctionIndex> toPre(FunctionIndex post) const { return toPre_[post]; }
  // The pass that paired this pre function; "" when it has no partner.
  [[nodiscard]] std::string_view pass(FunctionIndex pre) const { return passes_[pre]; }

private:
  std::vector<std::optional<FunctionIndex>> toPost_;
  std::vector<std::optional<FunctionIndex>> toPre_;
  std::vector<std::string_view> passes_; // literals of the pass table
};

Pairing pairFunctions(const Program &pre, const Program &post);

} // namespace hotgate::analyzer
