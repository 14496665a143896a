// What all pairing passes share. A pass looks at what is still unpaired and adds pairs; one file each, named after it.
#pragma once

#include "analyzer/code/decoder.h"
#include "analyzer/match/pairing.h"
#include "analyzer/match/votes.h"

#include <algorithm>
#include <cstdint>
#include <llvm/ADT/BitVector.h>
#include <optional>
#include <string_view>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_invoke.h>
#include <utility>
#include <vector>

namespace hotgate::analyzer {

// Votes of the pairs found so far for what is still unpaired. A pair votes once, when it is first seen: asking all of
// them in every round would cost more than everything else.
struct Ballots {
  std::vector<Vote> functions, data;
  size_t seenPairs = 0; // of PairList::inOrder()

  void add(const Ballots &more) {
    functions.insert(functions.end(), more.functions.begin(), more.functions.end());
    data.insert(data.end(), more.data.begin(), more.data.end());
  }
};

// What is still unpaired, by key.
template <class Key> using Keyed = std::vector<std::pair<Key, uint32_t>>;

// What the passes know, and what they remember from round to round.
struct PassInput {
  PassInput(const Program &preProgram, const Program &postProgram);

  const Program &pre;
  const Program &post;
  // Masked bodies (code/masked_body.h), by function; 0 matches nothing.
  std::vector<uint64_t> preHashes, postHashes;
  tbb::enumerable_thread_specific<Decoder> decoders;

  struct Bodies {
    Keyed<uint64_t> pre, post;
  };
  std::optional<Bodies> bodies; // by_masked_body
  Ballots fromCode;             // by_referrers
  Ballots fromPointers;         // by_pointers
  llvm::BitVector pairedData;   // pre data, as far as elected_pairs has seen the pairs
  size_t seenData = 0;          // of PairList::inOrder()
};

[[nodiscard]] inline bool haveSameBody(const PassInput &input, FunctionIndex pre, FunctionIndex post) {
  return input.preHashes[pre] != 0 && input.preHashes[pre] == input.postHashes[post];
}

using Pass = void (*)(PassInput &input, Pairing &pairing, std::string_view name);

// KeyOf: (bool isPost, index) -> std::optional<Key>; nullopt leaves it out.
template <class Key, class KeyOf> Keyed<Key> unpairedByKey(const PairList &pairs, bool isPost, KeyOf keyOf) {
  Keyed<Key> keyed;
  const size_t count = isPost ? pairs.postCount() : pairs.preCount();
  for (uint32_t i = 0; i < count; ++i)
    if (!(isPost ? pairs.toPre(i) : pairs.toPost(i)))
      if (auto key = keyOf(isPost, i))
        keyed.emplace_back(*std::move(key), i);
  std::sort(keyed.begin(), keyed.end());
  return keyed;
}

// A key that exactly one has on each side makes a pair.
template <class Key>
void pairUnique(PairList &pairs, std::string_view pass, const Keyed<Key> &pre, const Keyed<Key> &post) {
  const auto runEnd = [](const Keyed<Key> &keyed, size_t begin) {
    size_t end = begin;
    while (end < keyed.size() && keyed[end].first == keyed[begin].first)
      ++end;
    return end;
  };
  for (size_t i = 0, j = 0; i < pre.size() && j < post.size();) {
    if (pre[i].first < post[j].first) {
      i = runEnd(pre, i);
    } else if (post[j].first < pre[i].first) {
      j = runEnd(post, j);
    } else {
      const size_t preEnd = runEnd(pre, i);
      const size_t postEnd = runEnd(post, j);
      if (preEnd - i == 1 && postEnd - j == 1)
        pairs.pair(pre[i].second, post[j].second, pass);
      i = preEnd;
      j = postEnd;
    }
  }
}

// Both at once, for a pass that keeps no keys.
template <class Key, class KeyOf> void pairByUniqueKey(PairList &pairs, std::string_view pass, KeyOf keyOf) {
  Keyed<Key> pre, post;
  tbb::parallel_invoke([&] { pre = unpairedByKey<Key>(pairs, false, keyOf); },
                       [&] { post = unpairedByKey<Key>(pairs, true, keyOf); });
  pairUnique(pairs, pass, pre, post);
}

// Two places that paired code or data refers to alike: a vote that their owners are one, unless either has a partner.
void castVote(const PassInput &input, const Pairing &pairing, uint32_t preRva, uint32_t postRva, Ballots &ballots);
// Pairs those of the elected that are believed: see elected_pairs.cpp.
void pairElected(PassInput &input, Pairing &pairing, const Ballots &ballots, std::string_view name);

void pairByLinkageName(PassInput &input, Pairing &pairing, std::string_view name);
void pairByObjectAndName(PassInput &input, Pairing &pairing, std::string_view name);
void pairByMaskedBody(PassInput &input, Pairing &pairing, std::string_view name);
void pairByReferrers(PassInput &input, Pairing &pairing, std::string_view name);
void pairByPointers(PassInput &input, Pairing &pairing, std::string_view name);
void pairByOrder(PassInput &input, Pairing &pairing, std::string_view name);
void pairByTwins(PassInput &input, Pairing &pairing, std::string_view name);
void pairBySimilarity(PassInput &input, Pairing &pairing, std::string_view name);
void pairBySimilarNeighbours(PassInput &input, Pairing &pairing, std::string_view name);

} // namespace hotgate::analyzer
