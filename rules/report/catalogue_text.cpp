// The catalogue for people: `hotgate rules list`, `hotgate rules show` and docs/rules.md are the same words.
#include "rules/report/escape.h"
#include "rules/report/report.h"

#include <array>

namespace hotgate::rules {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> families{{{"HG1", "Function replacement"},
                                                                                 {"HG2", "Data and layout"},
                                                                                 {"HG3", "Behaviour"},
                                                                                 {"HG4", "Image and hotpatch metadata"},
                                                                                 {"HG5", "Servicing and applicability"},
                                                                                 {"HG6", "Lab"},
                                                                                 {"HG9", "The tool's own integrity"}}};

std::string needsText(const Rule &rule) {
  std::string text;
  for (const Evidence evidence : rule.needs)
    text += (text.empty() ? "" : ", ") + std::string(toString(evidence));
  return text.empty() ? "none" : text;
}

} // namespace

std::string ruleList(const std::vector<Rule> &rules) {
  std::string text;
  for (const Rule &rule : rules)
    text += fmt::format("{}  {:<10}  {}\n", rule.id, toString(rule.severity), rule.title);
  return text;
}

std::string ruleDescription(const Rule &rule) {
  constexpr size_t columns = 80;
  return fmt::format("{}  {}\nseverity {}, confidence {}, needs {}\n\n{}\n{}\n{}\n", rule.id, rule.title,
                     toString(rule.severity), toString(rule.confidence), needsText(rule),
                     wrapped("Why it is unsafe live: " + rule.mechanism, columns, ""),
                     wrapped("What to do: " + rule.action, columns, ""), rule.sql);
}

std::string ruleDocument(const std::vector<Rule> &rules) {
  std::string text =
      "# The rules\n\nMade from `rules/catalogue` (`ninja rule-document`); do not edit. How to add one: "
      "[how-to-add-a-rule.md](how-to-add-a-rule.md).\n\n"
      "`block`: the KB must not ship like this. `incomplete`: a part could not be judged. `review`: a person looks "
      "first. `note`: worth knowing.\n";
  for (const auto &[prefix, title] : families) {
    std::string rows;
    std::string details;
    for (const Rule &rule : rules) {
      if (!rule.id.starts_with(prefix))
        continue;
      rows += fmt::format("| [{}](#{}) | {} | {} |\n", rule.id, rule.id, toString(rule.severity), rule.title);
      details +=
          fmt::format("\n### <a id=\"{}\"></a>{}: {}\n\nSeverity {} · confidence {} · needs {} · "
                      "[SQL](../rules/catalogue/{}-{}.sql)\n\n**Why it is unsafe live.** {}\n\n**What to do.** {}\n",
                      rule.id, rule.id, rule.title, toString(rule.severity), toString(rule.confidence), needsText(rule),
                      rule.id, rule.name, rule.mechanism, rule.action);
    }
    if (!rows.empty())
      text += fmt::format("\n## {}xx: {}\n\n| rule | severity | title |\n|---|---|---|\n{}{}", prefix, title, rows,
                          details);
  }
  return text;
}

} // namespace hotgate::rules
