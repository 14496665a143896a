#include "rules/report/escape.h"
#include "rules/report/report.h"
#include "rules/report/summary.h"

namespace hotgate::rules {

namespace {

struct Counts {
  size_t failures = 0;
  size_t skipped = 0;
};

// The findings of one rule, as lines. A note fails no build.
std::string failureOf(const Rule &rule, const Verdict &verdict) {
  std::string lines;
  for (const Finding &finding : verdict.findings)
    if (finding.rule == rule.id && finding.severity != Severity::note)
      lines += fmt::format("{}: {}\n", escapeMarkup(finding.subject), escapeMarkup(finding.message));
  return lines;
}

std::string reasonsFor(const Rule &rule, const Verdict &verdict) {
  std::string reasons;
  for (const NotEvaluated &entry : verdict.notEvaluated)
    if (entry.rule == rule.id)
      reasons += (reasons.empty() ? "" : "; ") + entry.reason;
  return reasons;
}

std::string testCase(const Rule &rule, const Verdict &verdict, const KbIdentity &identity, Counts &counts) {
  const std::string open = fmt::format("    <testcase classname=\"{}\" name=\"{} {}\"", escapeMarkup(identity.kb),
                                       rule.id, escapeMarkup(rule.title));
  if (const std::string failure = failureOf(rule, verdict); !failure.empty()) {
    ++counts.failures;
    return fmt::format("{}>\n      <failure type=\"{}\" message=\"{}\">{}What to do: {}</failure>\n    </testcase>\n",
                       open, toString(rule.severity), escapeMarkup(rule.title), failure, escapeMarkup(rule.action));
  }
  if (const std::string reasons = reasonsFor(rule, verdict); !reasons.empty()) {
    ++counts.skipped;
    return fmt::format("{}>\n      <skipped message=\"{}\"/>\n    </testcase>\n", open, escapeMarkup(reasons));
  }
  return open + "/>\n";
}

} // namespace

Result<std::string> junitReport(const Verdict &verdict, const std::vector<Rule> &rules, facts::Database &facts) {
  HOTGATE_TRY(const KbIdentity identity, readKbIdentity(facts));
  Counts counts;
  std::string cases;
  for (const Rule &rule : rules)
    cases += testCase(rule, verdict, identity, counts);
  const std::string sums = fmt::format("tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\"", rules.size(),
                                       counts.failures, counts.skipped);
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {}>\n  <testsuite name=\"hotgate {}: {}\" {}>\n{}"
      "  </testsuite>\n</testsuites>\n",
      sums, escapeMarkup(identity.kb), toString(verdict.kind), sums, cases);
}

} // namespace hotgate::rules
