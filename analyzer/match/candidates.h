// What there was to choose from for a function without a partner: the functions on both sides that have the same name,
// the same masked bytes, or the same place between sure neighbours. For people; nothing is decided here.
#pragma once

#include "analyzer/match/pairing.h"

#include <string>
#include <vector>

namespace hotgate::analyzer {

enum class PairSide : uint8_t { pre, post };

struct CandidateSet {
  std::string key;                      // "name ParseOptions", "place between Open and Close"
  std::vector<FunctionIndex> pre, post; // all that have it, in RVA order; the function itself is one of them
};

// Of one unpaired function; a key that only the function itself has is left in: that is why it has no partner.
std::vector<CandidateSet> candidatesOf(const Program &pre, const Program &post, const Pairing &pairing, PairSide side,
                                       FunctionIndex function);

} // namespace hotgate::analyzer
