// The page: verdict, findings with their evidence, and the list of sections. One file, no scripts, no network.
#include "rules/report/escape.h"
#include "rules/report/html_sections.h"
#include "rules/report/report.h"
#include "rules/report/summary.h"

#include <nlohmann/json.hpp>

#include <set>

namespace hotgate::rules {

std::string_view reportStyle(); // report.css

namespace {

using nlohmann::ordered_json;

// A value of the evidence under its key: addresses in hex, as in the disassembly beside them, and no commas in names of
// things.
std::string valueOf(std::string_view key, const ordered_json &value) {
  if (value.is_string())
    return escapeMarkup(value.get<std::string>());
  if (value.is_null())
    return "<span class=\"none\">–</span>";
  if (value.is_number_integer() && (key.ends_with("rva") || key.ends_with("offset")))
    return fmt::format("0x{:x}", value.get<int64_t>());
  if (value.is_number_integer())
    return key.starts_with("pid") ? value.dump() : grouped(value.get<int64_t>());
  if (value.is_number_float())
    return fmt::format("{:.1f}", value.get<double>());
  return escapeMarkup(value.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
}

// A list of objects with the same keys is a table of its own.
std::string tableOf(const ordered_json &list) {
  std::string head;
  for (const auto &[key, value] : list.front().items())
    head += fmt::format("<th>{}</th>", escapeMarkup(key));
  std::string rows;
  for (const ordered_json &element : list) {
    rows += "<tr>";
    for (const auto &[key, value] : element.items())
      rows += fmt::format("<td>{}</td>", valueOf(key, value));
    rows += "</tr>";
  }
  return fmt::format("<table class=\"inner\"><tr>{}</tr>{}</table>", head, rows);
}

std::string evidenceTable(const ordered_json &evidence) {
  std::string rows;
  for (const auto &[key, value] : evidence.items()) {
    const bool isTable = value.is_array() && !value.empty() && value.front().is_object();
    std::string shown;
    if (isTable) {
      shown = tableOf(value);
    } else if (value.is_array()) {
      for (const ordered_json &element : value)
        shown += (shown.empty() ? "" : ", ") + valueOf(key, element);
    } else {
      shown = valueOf(key, value);
    }
    rows += fmt::format("<tr><th>{}</th><td>{}</td></tr>", escapeMarkup(key), shown);
  }
  return fmt::format("<table class=\"facts\">{}</table>", rows);
}

// The functions that a finding is about: its subject, and whatever its evidence calls a function.
std::set<std::string> functionsOf(const Finding &finding, const ordered_json &evidence) {
  std::set<std::string> names;
  if (const size_t mark = finding.subject.find('!'); mark != std::string::npos)
    names.insert(finding.subject.substr(mark + 1));
  for (const auto &[key, value] : evidence.items()) {
    if (!value.is_array())
      continue;
    for (const ordered_json &element : value)
      if (element.is_object() && element.contains("function") && element["function"].is_string())
        names.insert(element["function"].get<std::string>());
  }
  return names;
}

// What the facts can show for a finding: disassembly of its functions, the layout of its type, the chart of the soak.
Result<std::string> exhibits(const Finding &finding, const Rule *rule, const ordered_json &evidence,
                             facts::Database &facts) {
  std::string shown;
  if (rule != nullptr && rule->isNeeding(Evidence::lab)) {
    if (!evidence.contains("bytes_per_transaction"))
      return shown;
    return std::string("<p><a href=\"#lab\">The memory chart is in the lab's section.</a></p>");
  }
  const std::string module = finding.subject.substr(0, finding.subject.find('!'));
  if (evidence.contains("type") && evidence["type"].is_string()) {
    HOTGATE_TRY(shown, html::layoutOf(facts, module, evidence["type"].get<std::string>()));
  }
  for (const std::string &function : functionsOf(finding, evidence)) {
    HOTGATE_TRY(const std::string listing, html::listingOf(facts, module, function));
    shown += listing;
  }
  return shown;
}

Result<std::string> findingCard(const Finding &finding, const std::vector<Rule> &rules, facts::Database &facts) {
  const Rule *rule = findRule(rules, finding.rule);
  const ordered_json evidence = ordered_json::parse(finding.evidence);
  HOTGATE_TRY(const std::string shown, exhibits(finding, rule, evidence, facts));
  const std::string severity(toString(finding.severity));
  std::string card = fmt::format("<article class=\"finding {0}\"><header><span class=\"badge {0}\">{0}</span> "
                                 "<span class=\"rule\">{1}</span> <code class=\"subject\">{2}</code></header>",
                                 severity, escapeMarkup(finding.rule), escapeMarkup(finding.subject));
  if (rule != nullptr)
    card += fmt::format("<h3>{}</h3>", escapeMarkup(rule->title));
  card += fmt::format("<p class=\"message\">{}</p>", escapeMarkup(finding.message));
  if (rule != nullptr)
    card += fmt::format(
        "<p><strong>What to do.</strong> {}</p><p class=\"why\"><strong>Why it is unsafe live.</strong> {}</p>",
        escapeMarkup(rule->action), escapeMarkup(rule->mechanism));
  card += shown;
  card += fmt::format(
      "<details><summary>Evidence</summary>{}<p class=\"small\">Confidence {} · fingerprint <code>{}</code></p>"
      "</details></article>",
      evidenceTable(evidence), toString(finding.confidence), escapeMarkup(finding.fingerprint));
  return card;
}

Result<std::string> findingsSection(const Verdict &verdict, const std::vector<Rule> &rules, facts::Database &facts) {
  std::string rows;
  std::string cards;
  for (const Finding &finding : verdict.findings) {
    rows += fmt::format("<tr><td class=\"tight\"><span class=\"badge {0}\">{0}</span></td><td "
                        "class=\"tight\">{1}</td><td><code>{2}</code></td><td>{3}</td></tr>",
                        toString(finding.severity), escapeMarkup(finding.rule), escapeMarkup(finding.subject),
                        escapeMarkup(finding.message));
    HOTGATE_TRY(const std::string card, findingCard(finding, rules, facts));
    cards += card;
  }
  if (rows.empty())
    return html::section("findings", "Findings", "<p>None.</p>");
  return html::section(
      "findings", "Findings",
      "<table class=\"list\"><tr><th>severity</th><th>rule</th><th>subject</th><th>what was found</th></tr>" + rows +
          "</table>" + cards);
}

std::string notEvaluatedSection(const Verdict &verdict) {
  if (verdict.notEvaluated.empty())
    return html::section("not-evaluated", "Not evaluated",
                         "<p>Nothing: every rule had the evidence that it needs.</p>");
  std::string rows;
  for (const auto &[reason, ruleIds] : rulesByReason(verdict)) {
    std::string named;
    for (const std::string &id : ruleIds)
      named += (named.empty() ? "" : " ") + escapeMarkup(id);
    rows += fmt::format("<tr><td>{}</td><td>{}</td></tr>", escapeMarkup(reason), named);
  }
  return html::section("not-evaluated", "Not evaluated",
                       "<table class=\"list\"><tr><th>reason</th><th>rules</th></tr>" + rows + "</table>");
}

std::string inputsSection(const Verdict &verdict) {
  std::string rows;
  for (const Input &input : verdict.inputs)
    rows += fmt::format("<tr><td>{}</td><td><code class=\"hash\">{}</code></td></tr>", escapeMarkup(input.path),
                        escapeMarkup(input.sha256));
  return html::section("inputs", "Inputs",
                       "<table class=\"list\"><tr><th>file</th><th>SHA-256</th></tr>" + rows + "</table>");
}

Result<std::string> banner(const Verdict &verdict, const KbIdentity &identity, const std::vector<Rule> &rules,
                           facts::Database &facts) {
  HOTGATE_TRY(const auto scope, scopeLines(facts));
  std::string lines;
  for (const std::string &line : scope)
    lines += fmt::format("<li>{}</li>", escapeMarkup(line));
  return fmt::format("<header class=\"verdict {0}\"><p class=\"kb\">{1} · track {2}{3}</p><h1>{0}</h1><p>{4}</p>"
                     "<p>Findings: {5}; {6}.</p><ul>{7}</ul></header>",
                     toString(verdict.kind), escapeMarkup(identity.kb), escapeMarkup(identity.track),
                     identity.baseline.empty() ? "" : " · baseline " + escapeMarkup(identity.baseline),
                     meaningOf(verdict.kind), countsOf(verdict.findings), coverageOf(verdict, rules), lines);
}

} // namespace

std::string html::section(std::string_view id, std::string_view title, const std::string &body) {
  return fmt::format("<section id=\"{}\"><h2>{}</h2>{}</section>\n", id, escapeMarkup(title), body);
}

Result<std::string> htmlReport(const Verdict &verdict, const std::vector<Rule> &rules, facts::Database &facts) {
  HOTGATE_TRY(const KbIdentity identity, readKbIdentity(facts));
  HOTGATE_TRY(const std::string head, banner(verdict, identity, rules, facts));
  HOTGATE_TRY(const std::string findings, findingsSection(verdict, rules, facts));
  HOTGATE_TRY(const std::string lab, html::lab(facts));
  HOTGATE_TRY(const std::string threeWay, html::threeWay(facts));
  HOTGATE_TRY(const std::string state, html::state(facts));
  HOTGATE_TRY(const std::string functions, html::changedFunctions(facts));
  HOTGATE_TRY(const std::string data, html::changedData(facts));
  HOTGATE_TRY(const std::string ledger, html::ledger(facts));
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<title>{}: {}</title>\n<style>\n{}</style></head>\n<body><main>\n{}\n{}{}{}{}{}{}{}{}{}</main></body></html>\n",
      escapeMarkup(identity.kb), toString(verdict.kind), reportStyle(), head, findings, threeWay, state, lab, functions,
      data, ledger, notEvaluatedSection(verdict), inputsSection(verdict));
}

} // namespace hotgate::rules
