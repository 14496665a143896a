// What people and other tools read of a verdict. All of it is made from the verdict, the catalogue and the facts alone,
// so it is the same for the same inputs: no clocks, no paths of this machine. Names from images and guests are escaped.
#pragma once

#include "analyzer/facts/database.h"
#include "rules/engine/verdict.h"

#include <string>
#include <vector>

namespace hotgate::rules {

// For a terminal, 80 columns: the verdict first, then the findings with what to do, then what was not evaluated.
Result<std::string> textReport(const Verdict &verdict, const std::vector<Rule> &rules, facts::Database &facts);

// One file that needs no network: findings with disassembly and layouts, the lab with its memory chart, the ledger.
Result<std::string> htmlReport(const Verdict &verdict, const std::vector<Rule> &rules, facts::Database &facts);

// SARIF 2.1.0, for code scanning services. Findings are at modules, not at source lines, so locations are logical.
Result<std::string> sarifReport(const Verdict &verdict, const std::vector<Rule> &rules, facts::Database &facts);

// JUnit XML, for build servers: one test case a rule, failed, skipped (not evaluated) or passed.
Result<std::string> junitReport(const Verdict &verdict, const std::vector<Rule> &rules, facts::Database &facts);

// The catalogue itself: one line a rule; all of one rule; docs/rules.md.
std::string ruleList(const std::vector<Rule> &rules);
std::string ruleDescription(const Rule &rule);
std::string ruleDocument(const std::vector<Rule> &rules);

} // namespace hotgate::rules
