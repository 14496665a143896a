#include "analyzer/match/candidates.h"

#include "analyzer/code/masked_body.h"

#include <algorithm>
#include <optional>

namespace hotgate::analyzer {

namespace {

// The two sides as one of them sees them: its own program first.
struct View {
  const Program &own;
  const Program &other;
  const Pairing &pairing;
  PairSide side;

  std::optional<FunctionIndex> partner(FunctionIndex ofOwn) const {
    return side == PairSide::pre ? pairing.functions.toPost(ofOwn) : pairing.functions.toPre(ofOwn);
  }
  bool isOtherPaired(FunctionIndex ofOther) const {
    return (side == PairSide::pre ? pairing.functions.toPre(ofOther) : pairing.functions.toPost(ofOther)).has_value();
  }
  CandidateSet set(std::string key, std::vector<FunctionIndex> ofOwn, std::vector<FunctionIndex> ofOther) const {
    if (side == PairSide::post)
      std::swap(ofOwn, ofOther);
    return {std::move(key), std::move(ofOwn), std::move(ofOther)};
  }
};

template <class Predicate> std::vector<FunctionIndex> functionsWhere(const Program &program, Predicate predicate) {
  std::vector<FunctionIndex> result;
  for (FunctionIndex i = 0; i < program.functions().size(); ++i)
    if (predicate(i))
      result.push_back(i);
  return result;
}

bool hasName(const Function &function, const std::string &name) {
  return std::ranges::find(function.allNames(), name) != function.allNames().end();
}

// False for one that does not decode: its references are not all known.
bool sameCode(const Program &first, const Function &a, const Program &second, const Function &b) {
  return !a.undecodableAt && !b.undecodableAt && sameMasked(first, a, second, b);
}

CandidateSet byName(const View &view, const std::string &name) {
  return view.set(
      "name " + name, functionsWhere(view.own, [&](FunctionIndex i) { return hasName(view.own.functions()[i], name); }),
      functionsWhere(view.other, [&](FunctionIndex i) { return hasName(view.other.functions()[i], name); }));
}

CandidateSet byMaskedBody(const View &view, FunctionIndex function) {
  const Function &f = view.own.functions()[function];
  return view.set("same bytes, references masked",
                  functionsWhere(view.own,
                                 [&](FunctionIndex i) {
                                   return i == function || (!view.partner(i) &&
                                                            sameCode(view.own, f, view.own, view.own.functions()[i]));
                                 }),
                  functionsWhere(view.other, [&](FunctionIndex i) {
                    return !view.isOtherPaired(i) && sameCode(view.own, f, view.other, view.other.functions()[i]);
                  }));
}

// The unpaired functions between the nearest paired ones in front and behind, when these stand in one order on both
// sides.
std::optional<CandidateSet> byPlace(const View &view, FunctionIndex function) {
  const auto count = static_cast<FunctionIndex>(view.own.functions().size());
  FunctionIndex before = function;
  while (before > 0 && !view.partner(before))
    --before;
  FunctionIndex after = function;
  while (after + 1 < count && !view.partner(after))
    ++after;
  const auto first = view.partner(before);
  const auto last = view.partner(after);
  if (!first || !last || *first >= *last)
    return std::nullopt;
  return view.set(
      fmt::format("place between {} and {}", view.own.functions()[before].name, view.own.functions()[after].name),
      functionsWhere(view.own, [&](FunctionIndex i) { return i > before && i < after; }),
      functionsWhere(view.other, [&](FunctionIndex i) { return i > *first && i < *last && !view.isOtherPaired(i); }));
}

} // namespace

std::vector<CandidateSet> candidatesOf(const Program &pre, const Program &post, const Pairing &pairing, PairSide side,
                                       FunctionIndex function) {
  const bool isPre = side == PairSide::pre;
  const View view{isPre ? pre : post, isPre ? post : pre, pairing, side};
  std::vector<CandidateSet> result;
  const Function &f = view.own.functions()[function];
  if (hasOwnName(f.source))
    for (const std::string &name : f.allNames())
      result.push_back(byName(view, name));
  result.push_back(byMaskedBody(view, function));
  if (auto place = byPlace(view, function))
    result.push_back(*std::move(place));
  return result;
}

} // namespace hotgate::analyzer
