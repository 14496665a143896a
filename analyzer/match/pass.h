// What all pairing passes share: a key for each unpaired function; a key that exactly one function has on each side
// makes a pair.
#pragma once

#include "analyzer/match/pairing.h"

#include <map>
#include <string>

namespace hotgate::analyzer {

// KeyOf: (const Program &, const Function &) -> std::optional<Key>; nullopt leaves the function out of the pass.
template <class Key, class KeyOf>
void pairByUniqueKey(const Program &pre, const Program &post, Pairing &pairing, std::string_view pass, KeyOf keyOf) {
  struct Candidates {
    size_t preCount = 0, postCount = 0;
    FunctionIndex pre = 0, post = 0;
  };
  std::map<Key, Candidates> byKey;
  for (FunctionIndex i = 0; i < pre.functions().size(); ++i)
    if (!pairing.toPost(i))
      if (const auto key = keyOf(pre, pre.functions()[i])) {
        Candidates &candidates = byKey[*key];
        ++candidates.preCount;
        candidates.pre = i;
      }
  for (FunctionIndex i = 0; i < post.functions().size(); ++i)
    if (!pairing.toPre(i))
      if (const auto key = keyOf(post, post.functions()[i])) {
        Candidates &candidates = byKey[*key];
        ++candidates.postCount;
        candidates.post = i;
      }
  for (const auto &[key, candidates] : byKey)
    if (candidates.preCount == 1 && candidates.postCount == 1)
      pairing.pair(candidates.pre, candidates.post, pass);
}

// One file each, named after the pass.
void pairByLinkageName(const Program &pre, const Program &post, Pairing &pairing, std::string_view pass);
void pairByObjectAndName(const Program &pre, const Program &post, Pairing &pairing, std::string_view pass);
void pairByMaskedBody(const Program &pre, const Program &post, Pairing &pairing, std::string_view pass);

} // namespace hotgate::analyzer
