// What the update changes against what the hotpatch redirects, and the redirected code against the update's: the table
// by which a release engineer sees that the hot fix is the cold fix, function by function.
#include "rules/engine/rows.h"
#include "rules/report/escape.h"
#include "rules/report/html_sections.h"

#include <set>

namespace hotgate::rules::html {

namespace {

std::string cell(const facts::Statement &row, int column) { return escapeMarkup(validUtf8(row.text(column))); }

bool isInOrder(const std::string &outcome) {
  static const std::set<std::string> inOrder{"replaced", "comes with its callers", "line numbers only",
                                             "new",      "not used any more",      "stays until the restart"};
  return inOrder.contains(outcome);
}

// "12 replaced, 3 new."
Result<std::string> countsOf(facts::Database &facts, const std::string &module) {
  std::string counts;
  HOTGATE_CHECK(forEachRow(
      facts, "SELECT outcome, COUNT(*) FROM three_way WHERE module = ? GROUP BY outcome ORDER BY outcome",
      [&](const facts::Statement &row) {
        counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", row.integer(1), cell(row, 0));
      },
      module));
  return counts;
}

Result<std::string> bodyOf(facts::Database &facts, const std::string &module) {
  std::string rows;
  HOTGATE_CHECK(forEachRow(
      facts,
      "SELECT function, cold, redirected, hot, outcome FROM three_way WHERE module = ? ORDER BY function, pre, post",
      [&](const facts::Statement &row) {
        rows += fmt::format("<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td><td{}>{}</td></tr>",
                            cell(row, 0), cell(row, 1), cell(row, 2), cell(row, 3),
                            isInOrder(row.text(4)) ? "" : " class=\"bad\"", cell(row, 4));
      },
      module));
  HOTGATE_TRY(const std::string counts, countsOf(facts, module));
  return fmt::format("<h3><code>{}</code></h3><p>{}.</p><table class=\"list\"><tr><th>function</th>"
                     "<th>base → update</th><th>redirected</th><th>update → hotpatch image</th><th>outcome</th></tr>{}"
                     "</table>",
                     escapeMarkup(module), counts, rows);
}

} // namespace

Result<std::string> threeWay(facts::Database &facts) {
  std::vector<std::string> modules;
  HOTGATE_CHECK(forEachRow(facts, "SELECT DISTINCT module FROM three_way ORDER BY module",
                           [&](const facts::Statement &row) { modules.push_back(row.text(0)); }));
  std::string body;
  for (const std::string &module : modules) {
    HOTGATE_TRY(const std::string table, bodyOf(facts, module));
    body += table;
  }
  return body.empty() ? body : section("hotpatch", "Hotpatch: base, update and hotpatch image", body);
}

} // namespace hotgate::rules::html
