#include "rules/engine/rule.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace hotgate::rules {

namespace {

template <class Value> using Words = std::span<const std::pair<Value, std::string_view>>;

constexpr std::array<std::pair<Severity, std::string_view>, 4> severities{{{Severity::block, "block"},
                                                                           {Severity::incomplete, "incomplete"},
                                                                           {Severity::review, "review"},
                                                                           {Severity::note, "note"}}};
constexpr std::array<std::pair<Confidence, std::string_view>, 3> confidences{
    {{Confidence::high, "high"}, {Confidence::medium, "medium"}, {Confidence::low, "low"}}};
constexpr std::array<std::pair<Evidence, std::string_view>, 4> evidences{{{Evidence::publicSymbols, "public"},
                                                                          {Evidence::privateSymbols, "private"},
                                                                          {Evidence::hotpatch, "hotpatch"},
                                                                          {Evidence::lab, "lab"}}};

template <class Value> std::string_view wordOf(Words<Value> words, Value value) {
  return std::ranges::find(words, value, &std::pair<Value, std::string_view>::first)->second;
}

template <class Value> std::optional<Value> valueOf(Words<Value> words, std::string_view word) {
  const auto found = std::ranges::find(words, word, &std::pair<Value, std::string_view>::second);
  return found == words.end() ? std::nullopt : std::optional(found->first);
}

} // namespace

bool Rule::isNeeding(Evidence evidence) const { return std::ranges::find(needs, evidence) != needs.end(); }

std::string_view toString(Severity severity) { return wordOf<Severity>(severities, severity); }
std::string_view toString(Confidence confidence) { return wordOf<Confidence>(confidences, confidence); }
std::string_view toString(Evidence evidence) { return wordOf<Evidence>(evidences, evidence); }
std::optional<Severity> severityOf(std::string_view word) { return valueOf<Severity>(severities, word); }
std::optional<Confidence> confidenceOf(std::string_view word) { return valueOf<Confidence>(confidences, word); }
std::optional<Evidence> evidenceOf(std::string_view word) { return valueOf<Evidence>(evidences, word); }

const Rule *findRule(const std::vector<Rule> &rules, std::string_view id) {
  const auto found = std::ranges::find(rules, id, &Rule::id);
  return found == rules.end() ? nullptr : &*found;
}

} // namespace hotgate::rules
