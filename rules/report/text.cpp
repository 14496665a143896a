// The summary for a terminal: what decides comes first, and every finding says what to do.
#include "rules/report/escape.h"
#include "rules/report/report.h"
#include "rules/report/summary.h"

#include <algorithm>
#include <cctype>

namespace hotgate::rules {

namespace {

constexpr size_t columns = 80;
constexpr std::string_view indent = "  ";

std::string upper(std::string_view word) {
  std::string result(word);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

std::string findingText(const Finding &finding, const std::vector<Rule> &rules) {
  const Rule *rule = findRule(rules, finding.rule);
  std::string text =
      fmt::format("{:<10} {}  {}\n", upper(toString(finding.severity)), finding.rule, printable(finding.subject));
  if (rule != nullptr)
    text += wrapped(rule->title, columns, indent);
  text += wrapped(printable(finding.message), columns, indent);
  if (rule != nullptr)
    text += wrapped("What to do: " + rule->action, columns, indent);
  return text + "\n";
}

std::string notEvaluatedText(const Verdict &verdict) {
  if (verdict.notEvaluated.empty())
    return {};
  std::string text = "Not evaluated\n";
  for (const auto &[reason, ruleIds] : rulesByReason(verdict)) {
    std::string named;
    for (const std::string &id : ruleIds)
      if (!id.empty())
        named += (named.empty() ? "" : " ") + id;
    text += wrapped(fmt::format("{}{}", printable(reason), named.empty() ? "" : fmt::format(" ({})", named)), columns,
                    indent);
  }
  return text + "\n";
}

} // namespace

Result<std::string> textReport(const Verdict &verdict, const std::vector<Rule> &rules, facts::Database &facts) {
  HOTGATE_TRY(const KbIdentity identity, readKbIdentity(facts));
  HOTGATE_TRY(const auto scope, scopeLines(facts));
  std::string text = fmt::format("{}: {}\n", printable(identity.kb), upper(toString(verdict.kind)));
  text += wrapped(meaningOf(verdict.kind), columns, "");
  text += fmt::format("Findings: {}; {}.\n\n", countsOf(verdict.findings), coverageOf(verdict, rules));
  for (const Finding &finding : verdict.findings)
    text += findingText(finding, rules);
  text += notEvaluatedText(verdict);
  text += "Looked at\n";
  for (const std::string &line : scope)
    text += wrapped(printable(line), columns, indent);
  return text;
}

} // namespace hotgate::rules
