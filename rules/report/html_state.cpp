// Which state the code that redirects lead to works on: for each access the way to it and who binds it, so that "it
// shares the base's data" can be checked instruction by instruction.
#include "rules/engine/rows.h"
#include "rules/report/escape.h"
#include "rules/report/html_sections.h"

namespace hotgate::rules::html {

namespace {

constexpr int mostRows = 500; // more than a person reads; facts.sqlite has all

std::string cell(const facts::Statement &row, int column) { return escapeMarkup(validUtf8(row.text(column))); }

} // namespace

Result<std::string> state(facts::Database &facts) {
  std::string rows;
  int64_t count = 0;
  HOTGATE_CHECK(forEachRow(facts, "SELECT COUNT(*) FROM state_access WHERE binding <> 'import'",
                           [&](const facts::Statement &row) { count = row.integer(0); }));
  HOTGATE_CHECK(forEachRow(
      facts,
      "SELECT i.module || '!' || r.path, a.target, a.binding, a.bound_by, a.base_target, a.access, a.text, "
      "COALESCE(d.writer, '-') "
      "FROM state_access a JOIN state_reach r USING (function_id) JOIN function f USING (function_id) "
      "JOIN image i USING (image_id) "
      "LEFT JOIN state_datum d ON d.image_id = f.image_id AND a.target_rva >= d.rva AND a.target_rva < d.rva + d.size "
      "WHERE a.binding <> 'import' "
      "ORDER BY i.module, a.binding = 'bound', r.path, a.site_rva, a.target_rva LIMIT ?",
      [&](const facts::Statement &row) {
        const bool isBound = row.text(2) == "bound";
        const bool isHarmless = !isBound && row.text(7).empty();
        std::string how = cell(row, 2);
        if (isBound)
          how += fmt::format(" to the base's <code>{}</code> ({} record)", cell(row, 4), cell(row, 3));
        else if (isHarmless)
          how += ", which nobody writes";
        else if (row.text(7) != "-")
          how += ": " + cell(row, 7);
        rows += fmt::format("<tr><td><code>{}</code></td><td><code>{}</code></td><td{}>{}</td><td>{}</td><td><code>{}"
                            "</code></td></tr>",
                            cell(row, 0), cell(row, 1), isBound || isHarmless ? "" : " class=\"bad\"", how,
                            cell(row, 5), cell(row, 6));
      },
      mostRows));
  if (rows.empty())
    return rows;
  const std::string note =
      count > mostRows ? fmt::format("<p>The first {} of {}.</p>", mostRows, grouped(count)) : std::string();
  return section("state", "State that redirected code works on",
                 note +
                     "<table class=\"list\"><tr><th>reached by</th><th>data</th><th>whose</th><th>access</th>"
                     "<th>instruction</th></tr>" +
                     rows + "</table>");
}

} // namespace hotgate::rules::html
