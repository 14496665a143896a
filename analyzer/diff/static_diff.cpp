#include "analyzer/diff/static_diff.h"

#include <algorithm>
#include <array>

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
  StaticComparison(const Referents &referents, Decoder decoder, std::vector<StaticGuard> pre,
                   std::vector<StaticGuard> post)
      : referents_(referents), decoder_(std::move(decoder)), pre_(std::move(pre)), post_(std::move(post)),
        isTaken_(post_.size(), false) {}

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

  // What an initialiser does, an instruction each.
  struct Step {
    uint32_t opcode = 0;
    std::string operands; // "%, [% + %*4 + 0x10]"; "" where a reference says it
    std::vector<Reference> references;
  };

  [[nodiscard]] bool sameInitialiser(const StaticGuard &pre, const StaticGuard &post) {
    const Function &preFunction = referents_.pre().functions()[pre.function];
    const Function &postFunction = referents_.post().functions()[post.function];
    const auto sameReference = [&](const Reference &a, const Reference &b) {
      // Jumps inside the function differ with whatever else differs in it; the guard is the same one by its place.
      const bool isInside = preFunction.contains(a.target) && postFunction.contains(b.target);
      const bool isGuard = a.target == pre.guardRva && b.target == post.guardRva;
      return isInside || isGuard || referents_.same(a, b);
    };
    return std::ranges::equal(stepsOf(referents_.pre(), pre), stepsOf(referents_.post(), post),
                              [&](const Step &a, const Step &b) {
                                return a.opcode == b.opcode && a.operands == b.operands &&
                                       std::ranges::equal(a.references, b.references, sameReference);
                              });
  }

  std::vector<Step> stepsOf(const Program &program, const StaticGuard &guard) {
    std::vector<Step> steps;
    const Function &function = program.functions()[guard.function];
    std::string text;
    for (uint32_t rva = guard.initialiser.rva; rva < guard.initialiser.end();) {
      Instruction instruction;
      if (!decoder_.decodeWithText(program.image().bytesFrom(rva), rva, instruction, text) || instruction.size == 0)
        return steps;
      const auto references = function.referencesIn({rva, instruction.size});
      Step step{instruction.opcode,
                references.empty() ? withoutRegisters(text) : std::string(),
                {references.begin(), references.end()}};
      if (!isTraffic(text, step))
        steps.push_back(std::move(step));
      rva = instruction.end();
    }
    return steps;
  }

  // Where a compiler keeps a value until it is needed: in another register, on the stack; and half of an address.
  static bool isTraffic(std::string_view text, const Step &step) {
    constexpr std::array<std::string_view, 6> ofStack = {"mov", "push", "ldr", "str", "add", "sub"};
    if (!step.references.empty())
      return text.starts_with("adrp");
    if (step.operands.empty() && std::ranges::any_of(ofStack, [&](auto word) { return text.starts_with(word); }))
      return true;
    return (text.starts_with("mov") && step.operands == "%, %") || (text.starts_with("push") && step.operands == "%");
  }

  // The operands, each word of letters as "%"; nothing of what is on the stack, where everything moves.
  static std::string withoutRegisters(std::string_view text) {
    const size_t space = std::min(text.find_first_of(" \t"), text.size());
    if (text.find("sp", space) != std::string_view::npos)
      return {};
    const auto isLetter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
    const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
    std::string operands;
    for (size_t i = std::min(space + 1, text.size()); i < text.size();) {
      const size_t begin = i;
      while (i < text.size() && (isLetter(text[i]) || isDigit(text[i])))
        ++i;
      if (i == begin)
        operands += text[i++];
      else
        operands += isLetter(text[begin]) ? "%" : std::string(text.substr(begin, i - begin));
    }
    return operands;
  }

  const Referents &referents_;
  Decoder decoder_;
  std::vector<StaticGuard> pre_, post_;
  std::vector<bool> isTaken_; // of post_
  std::vector<StaticDifference> found_;
};

} // namespace

Result<std::vector<StaticDifference>> diffStatics(const Referents &referents) {
  HOTGATE_TRY(auto pre, staticGuards(referents.pre()));
  HOTGATE_TRY(auto post, staticGuards(referents.post()));
  HOTGATE_TRY(Decoder decoder, Decoder::create(referents.pre().image().machine()));
  return StaticComparison(referents, std::move(decoder), std::move(pre), std::move(post)).run();
}

} // namespace hotgate::analyzer
