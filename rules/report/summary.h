// What the reports say about a verdict in words, in one place. For the reports; not an interface.
#pragma once

#include "rules/engine/verdict.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace hotgate::rules {

struct KbIdentity {
  std::string kb;
  std::string track;
  std::string baseline;
};
Result<KbIdentity> readKbIdentity(facts::Database &facts);

// One sentence for a release engineer: what the verdict means for the KB.
std::string_view meaningOf(VerdictKind kind);

// "2 block, 1 review", "none".
std::string countsOf(const std::vector<Finding> &findings);

// "29 rules evaluated, 9 not", what a verdict rests on.
std::string coverageOf(const Verdict &verdict, const std::vector<Rule> &rules);

// Rules by the reason for which they were not evaluated: {"lab not run: ...", {"HG601", "HG602"}}.
std::map<std::string, std::vector<std::string>> rulesByReason(const Verdict &verdict);

// Lines of facts that frame the verdict: functions compared, bytes that differ, the second decoder, the lab runs.
Result<std::vector<std::string>> scopeLines(facts::Database &facts);

} // namespace hotgate::rules
