// The judgement of one KB: the worst finding decides, and what could not be judged is said aloud.
#pragma once

#include "analyzer/facts/database.h"
#include "rules/engine/rule.h"

#include <string>
#include <vector>

namespace hotgate::rules {

struct Finding {
  std::string rule;
  Severity severity = Severity::block;
  Confidence confidence = Confidence::high;
  std::string fingerprint; // the same in every run for the same defect, see fingerprintOf()
  std::string subject;     // "dhcpsrv.exe!ParseOptions", "role dhcp: renew"
  std::string message;
  std::string evidence; // a JSON object

  bool operator==(const Finding &) const = default;
};

struct NotEvaluated {
  std::string rule; // "" when it is not about one rule
  std::string reason;

  auto operator<=>(const NotEvaluated &) const = default;
};

struct Input {
  std::string path; // relative to KB.yaml
  std::string sha256;

  bool operator==(const Input &) const = default;
};

enum class VerdictKind { approve, review, block, incomplete };

struct Verdict {
  VerdictKind kind = VerdictKind::incomplete;
  std::vector<Finding> findings;          // by severity, rule, subject
  std::vector<NotEvaluated> notEvaluated; // by rule, reason
  std::vector<Input> inputs;              // by path

  bool operator==(const Verdict &) const = default;
};

// Which half of the gate the facts come from.
enum class Scope {
  statically, // 'hotgate check': lab rules are listed as not evaluated, and that alone is no gap
  withLab,    // 'hotgate gate': a lab rule that could not be evaluated makes the verdict incomplete
};

std::string_view toString(VerdictKind kind);
std::optional<VerdictKind> verdictKindOf(std::string_view word);

// A hash of what makes two findings the same defect: the rule (the failure class), the subject (module and undecorated
// function, type or global, or role and probe) and the baseline KB. Never addresses, dates or host names.
std::string fingerprintOf(std::string_view rule, std::string_view subject, std::string_view baseline);

// What one rule may take of SQLite's virtual machine: about 20 seconds. The catalogue's slowest rule takes 2 % of it on
// an image with 40,000 functions.
inline constexpr int64_t mostRuleInstructions = 2'000'000'000;

// Runs every rule over the facts; the facts cannot be changed by it. A rule that spends its instructions is not
// evaluated.
//
// Verdict: block when a block finding exists; else incomplete when an `incomplete` finding exists or a block or review
// rule could not be evaluated; else review when a review finding exists; else approve.
Result<Verdict> judge(facts::Database &facts, const std::vector<Rule> &rules, Scope scope,
                      int64_t mostInstructions = mostRuleInstructions);

} // namespace hotgate::rules
