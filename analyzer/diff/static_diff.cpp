#include "analyzer/diff/static_diff.h"

#include "analyzer/code/masked_body.h"

#include <algorithm>
#include <ranges>

namespace hotgate::analyzer {

namespace {

std::string variableOf(const Program &program, const StaticGuard &guard) {
  const Function &function = program.functions()[guard.function];
  const std::string scope = function.name + "::";
  std::vector<DatumIndex> candidates = guard.guarded;
  if (guard.style == GuardStyle::bit)
    for (const Reference &reference : function.references)
      if (const auto datum = program.datumContaining(reference.target))
        candidates.push_back(*datum);
  const auto nameOf = [&](DatumIndex datum) -> const std::string & { return program.data()[datum].name; };
  const auto own = std::ranges::find_if(candidates, [&](DatumIndex datum) {
    return nameOf(datum).starts_with(scope) && nameOf(datum).find('$') == std::string::npos;
  });
  if (own != candidates.end())
    return nameOf(*own);
  const auto named = std::ranges::find_if(guard.guarded, [&](DatumIndex datum) { return !nameOf(datum).empty(); });
  return named != guard.guarded.end() ? nameOf(*named) : "a static of " + function.name;
}

class StaticComparison {
public:
  StaticComparison(const Referents &referents, std::vector<StaticGuard> pre, std::vector<StaticGuard> post)
      : referents_(referents), pre_(std::move(pre)), post_(std::move(post)), isTaken_(post_.size(), false) {}

  std::vector<StaticDifference> run() {
    // By name first, so that one that was inserted in front does not shift the others.
    std::vector<std::optional<size_t>> partners(pre_.size());
    for (const bool byName : {true, false})
      for (size_t i = 0; i < pre_.size(); ++i)
        if (!partners[i])
          partners[i] = partnerOf(pre_[i], byName);
    for (size_t i = 0; i < pre_.size(); ++i)
      addPre(pre_[i], partners[i]);
    for (size_t i = 0; i < post_.size(); ++i)
      if (!isTaken_[i])
        found_.push_back({variableOf(referents_.post(), post_[i]), ChangeStatus::added, std::nullopt, post_[i]});
    return std::move(found_);
  }

private:
  std::optional<size_t> partnerOf(const StaticGuard &guard, bool byName) {
    const auto function = referents_.pairing().functions.toPost(guard.function);
    const std::string name = variableOf(referents_.pre(), guard);
    for (size_t i = 0; function && i < post_.size(); ++i) {
      if (isTaken_[i] || post_[i].function != *function)
        continue;
      const std::string other = variableOf(referents_.post(), post_[i]);
      const bool isNameless = name.starts_with("a static of ") || other.starts_with("a static of ");
      if (byName ? !isNameless && name == other : isNameless) {
        isTaken_[i] = true;
        return i;
      }
    }
    return std::nullopt;
  }

  void addPre(const StaticGuard &pre, std::optional<size_t> partner) {
    StaticDifference difference{variableOf(referents_.pre(), pre), ChangeStatus::removed, pre, std::nullopt};
    if (partner) {
      difference.post = post_[*partner];
      difference.status = sameInitialiser(pre, post_[*partner]) ? ChangeStatus::identical : ChangeStatus::changed;
    }
    found_.push_back(std::move(difference));
  }

  [[nodiscard]] bool sameInitialiser(const StaticGuard &pre, const StaticGuard &post) const {
    const auto masked = [](const Program &program, const StaticGuard &guard) {
      const auto bytes = program.bytesOf(guard.initialiser);
      std::vector<uint8_t> copy(bytes.begin(), bytes.end());
      for (const Reference &reference : program.functions()[guard.function].referencesIn(guard.initialiser))
        if (const uint32_t at = reference.field - guard.initialiser.rva; at + reference.size <= copy.size())
          maskField(&copy[at], reference);
      return copy;
    };
    const Function &preFunction = referents_.pre().functions()[pre.function];
    const Function &postFunction = referents_.post().functions()[post.function];
    const auto preReferences = preFunction.referencesIn(pre.initialiser);
    const auto postReferences = postFunction.referencesIn(post.initialiser);
    return masked(referents_.pre(), pre) == masked(referents_.post(), post) &&
           std::ranges::equal(preReferences, postReferences, [&](const Reference &a, const Reference &b) {
             // Jumps inside the function differ with whatever else differs in it; the guard is the same one by its
             // place.
             const bool isInside = preFunction.contains(a.target) && postFunction.contains(b.target);
             const bool isGuard = a.target == pre.guardRva && b.target == post.guardRva;
             return isInside || isGuard || referents_.same(a, b);
           });
  }

  const Referents &referents_;
  std::vector<StaticGuard> pre_, post_;
  std::vector<bool> isTaken_; // of post_
  std::vector<StaticDifference> found_;
};

} // namespace

Result<std::vector<StaticDifference>> diffStatics(const Referents &referents) {
  HOTGATE_TRY(auto pre, staticGuards(referents.pre()));
  HOTGATE_TRY(auto post, staticGuards(referents.post()));
  return StaticComparison(referents, std::move(pre), std::move(post)).run();
}

} // namespace hotgate::analyzer
