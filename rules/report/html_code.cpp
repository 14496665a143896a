// What changed in code and data: functions with disassembly, types with their members, globals.
#include "rules/engine/rows.h"
#include "rules/report/escape.h"
#include "rules/report/html_sections.h"

#include <optional>

namespace hotgate::rules::html {

namespace {

// More than a person reads; the page stays loadable for a cumulative update. `hotgate diff` has all of them.
constexpr size_t mostListings = 200;

std::string cell(const facts::Statement &row, int column) { return escapeMarkup(validUtf8(row.text(column))); }

std::string hexOr(const facts::Statement &row, int column, std::string_view otherwise = "") {
  return row.isNull(column) ? std::string(otherwise) : fmt::format("0x{:x}", row.integer(column));
}

std::string pairTable(const std::string &rows) {
  return "<table class=\"listing\"><tr><th colspan=\"2\">base</th><th colspan=\"2\">update</th></tr>" + rows +
         "</table>";
}

Result<std::string> listing(facts::Database &facts, int64_t pair) {
  std::string rows;
  HOTGATE_CHECK(forEachRow(
      facts, "SELECT pre_rva, pre_text, post_rva, post_text, differs FROM listing WHERE pair_id = ? ORDER BY line",
      [&](const facts::Statement &row) {
        rows += fmt::format("<tr{}><td class=\"rva\">{}</td><td class=\"{}\">{}</td><td class=\"rva\">{}</td><td "
                            "class=\"{}\">{}</td></tr>",
                            row.integer(4) != 0 ? " class=\"differs\"" : "", hexOr(row, 0),
                            row.isNull(1) ? "absent" : "pre", cell(row, 1), hexOr(row, 2),
                            row.isNull(3) ? "absent" : "post", cell(row, 3));
      },
      pair));
  return rows.empty() ? std::string() : pairTable(rows);
}

Result<std::string> reasonsOf(facts::Database &facts, int64_t pair) {
  std::string reasons;
  HOTGATE_CHECK(forEachRow(
      facts, "SELECT reason FROM change_reason WHERE pair_id = ? ORDER BY reason",
      [&](const facts::Statement &row) { reasons += (reasons.empty() ? "" : ", ") + cell(row, 0); }, pair));
  return reasons;
}

struct Pair {
  int64_t id = 0;
  std::string name; // escaped, as all that follow
  std::string status;
  std::string addresses;
  bool isRedirected = false;
};

Result<std::string> functionRow(facts::Database &facts, const Pair &pair, bool withListing) {
  HOTGATE_TRY(const std::string reasons, reasonsOf(facts, pair.id));
  std::string shown;
  if (withListing) {
    HOTGATE_TRY(shown, listing(facts, pair.id));
  }
  std::string row =
      fmt::format("<tr><td><code>{}</code></td><td>{}</td><td class=\"rva\">{}</td><td>{}</td><td>{}</td></tr>",
                  pair.name, pair.status, pair.addresses, pair.isRedirected ? "yes" : "no", reasons);
  if (shown.empty())
    return row;
  return row +
         fmt::format(
             "<tr class=\"more\"><td colspan=\"5\"><details><summary>first difference</summary>{}</details></td></tr>",
             shown);
}

std::string sizeText(const facts::Statement &row, int column) {
  return row.isNull(column) ? "not there" : fmt::format("{} bytes", grouped(row.integer(column)));
}

Result<std::string> members(facts::Database &facts, int64_t type) {
  std::string rows;
  HOTGATE_CHECK(forEachRow(
      facts,
      "SELECT name, status, pre_offset, post_offset, pre_type, post_type FROM field_pair WHERE type_id = ? ORDER BY "
      "ordinal",
      [&](const facts::Statement &row) {
        const auto side = [&](int offset, int typeColumn) {
          if (row.isNull(offset))
            return std::string("<td class=\"rva\"></td><td class=\"absent\"></td>");
          return fmt::format("<td class=\"rva\">{}</td><td>{} <span class=\"type\">{}</span></td>", hexOr(row, offset),
                             cell(row, 0), cell(row, typeColumn));
        };
        rows += fmt::format("<tr class=\"field {0}\">{1}{2}<td class=\"status\">{0}</td></tr>", cell(row, 1),
                            side(2, 4), side(3, 5));
      },
      type));
  return rows;
}

Result<std::string> globals(facts::Database &facts) {
  std::string rows;
  HOTGATE_CHECK(forEachRow(facts,
                           "SELECT name, status, pre_type, post_type, pre_size, post_size, mutable, value_changed FROM "
                           "global_pair ORDER BY module, name",
                           [&](const facts::Statement &row) {
                             rows += fmt::format(
                                 "<tr><td><code>{}</code></td><td>{}</td><td>{} <span class=\"type\">{}</span></td>"
                                 "<td>{} <span class=\"type\">{}</span></td><td>{}</td><td>{}</td></tr>",
                                 cell(row, 0), cell(row, 1), sizeText(row, 4), cell(row, 2), sizeText(row, 5),
                                 cell(row, 3), row.integer(6) != 0 ? "yes" : "no", row.integer(7) != 0 ? "yes" : "no");
                           }));
  if (rows.empty())
    return rows;
  return "<h3>Globals</h3><table "
         "class=\"list\"><tr><th>name</th><th>status</th><th>base</th><th>update</th><th>mutable</th>"
         "<th>value changed</th></tr>" +
         rows + "</table>";
}

} // namespace

Result<std::string> listingOf(facts::Database &facts, const std::string &module, const std::string &function) {
  std::vector<int64_t> pairs;
  HOTGATE_CHECK(forEachRow(
      facts,
      "SELECT DISTINCT p.pair_id FROM function_pair p JOIN function f ON f.function_id IN (p.pre, p.post) "
      "WHERE p.module = ? AND f.name = ? AND p.status = 'changed' ORDER BY p.pair_id",
      [&](const facts::Statement &row) { pairs.push_back(row.integer(0)); }, module, function));
  std::string shown;
  for (const int64_t pair : pairs) {
    HOTGATE_TRY(const std::string table, listing(facts, pair));
    if (!table.empty())
      shown += fmt::format("<h4>First difference in <code>{}</code></h4>{}", escapeMarkup(function), table);
  }
  return shown;
}

Result<std::string> layoutOf(facts::Database &facts, const std::string &module, const std::string &type) {
  std::optional<int64_t> id;
  std::string sizes;
  HOTGATE_CHECK(forEachRow(
      facts, "SELECT type_id, pre_size, post_size FROM type_pair WHERE module = ? AND name = ?",
      [&](const facts::Statement &row) {
        id = row.integer(0);
        sizes = fmt::format("<tr><th colspan=\"2\">base: {}</th><th colspan=\"2\">update: {}</th><th></th></tr>",
                            sizeText(row, 1), sizeText(row, 2));
      },
      module, type));
  if (!id)
    return std::string();
  HOTGATE_TRY(const std::string rows, members(facts, *id));
  return fmt::format("<h4>Layout of <code>{}</code></h4><table class=\"layout\">{}{}</table>", escapeMarkup(type),
                     sizes, rows);
}

Result<std::string> changedFunctions(facts::Database &facts) {
  std::vector<Pair> pairs;
  HOTGATE_CHECK(forEachRow(
      facts,
      "SELECT p.pair_id, p.module || '!' || COALESCE(b.name, a.name), p.status, p.line_only, a.rva, b.rva, "
      "EXISTS (SELECT 1 FROM hotpatch_record r WHERE r.base_function = p.pre AND r.kind = 'function' AND NOT "
      "r.inverse) "
      "FROM function_pair p LEFT JOIN function a ON a.function_id = p.pre LEFT JOIN function b ON b.function_id = "
      "p.post "
      "WHERE p.status <> 'identical' ORDER BY p.module, p.status = 'changed' DESC, COALESCE(b.name, a.name), p.pair_id",
      [&](const facts::Statement &row) {
        pairs.push_back({row.integer(0), cell(row, 1),
                         cell(row, 2) + (row.integer(3) != 0 ? ", line numbers only" : ""),
                         fmt::format("{} → {}", hexOr(row, 4, "–"), hexOr(row, 5, "–")), row.integer(6) != 0});
      }));
  if (pairs.empty())
    return section("functions", "Changed functions", "<p>No function changed.</p>");
  std::string rows;
  for (size_t i = 0; i < pairs.size(); ++i) {
    HOTGATE_TRY(const std::string row, functionRow(facts, pairs[i], i < mostListings));
    rows += row;
  }
  const std::string note =
      pairs.size() > mostListings
          ? fmt::format("<p>Disassembly is shown for the first {} of {}.</p>", mostListings, grouped(pairs.size()))
          : std::string();
  return section(
      "functions", "Changed functions",
      note +
          "<table class=\"list\"><tr><th>function</th><th>status</th><th>RVA, base → update</th><th>redirected</th>"
          "<th>what differs</th></tr>" +
          rows + "</table>");
}

Result<std::string> changedData(facts::Database &facts) {
  struct Type {
    std::string module, name;
  };
  std::vector<Type> types;
  std::string others;
  HOTGATE_CHECK(forEachRow(facts, "SELECT module, name, status, kind FROM type_pair ORDER BY module, name",
                           [&](const facts::Statement &row) {
                             if (row.text(2) == "changed")
                               types.push_back({row.text(0), row.text(1)});
                             else
                               others += fmt::format("<li>{} {} <code>{}</code></li>", cell(row, 2), cell(row, 3),
                                                     cell(row, 1));
                           }));
  std::string body;
  for (const Type &type : types) {
    HOTGATE_TRY(const std::string layout, layoutOf(facts, type.module, type.name));
    body += layout;
  }
  if (!others.empty())
    body += "<ul>" + others + "</ul>";
  HOTGATE_TRY(const std::string table, globals(facts));
  body += table;
  return body.empty() ? body : section("data", "Types and globals that differ", body);
}

} // namespace hotgate::rules::html
