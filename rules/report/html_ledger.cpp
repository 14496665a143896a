// The ledger as a bar of the differing bytes and a table of all.
#include "rules/engine/rows.h"
#include "rules/report/escape.h"
#include "rules/report/html_sections.h"

#include <algorithm>
#include <map>

namespace hotgate::rules::html {

namespace {

struct Entry {
  std::string cause; // escaped
  int64_t pre = 0;
  int64_t post = 0;
  [[nodiscard]] bool isDifference() const { return cause != "same" && cause != "moved"; }
};

constexpr int width = 960;
constexpr size_t colours = 8; // classes c0 .. c7 of report.css

std::string bar(const std::vector<Entry> &entries) {
  int64_t total = 0;
  for (const Entry &entry : entries)
    total += entry.isDifference() ? entry.post : 0;
  if (total == 0)
    return "<p>No byte differs.</p>";
  std::string parts;
  double x = 0;
  size_t colour = 0;
  for (const Entry &entry : entries) {
    if (!entry.isDifference() || entry.post == 0)
      continue;
    const double length = static_cast<double>(entry.post) * width / static_cast<double>(total);
    const std::string style = entry.cause == "unattributed" ? "gap" : fmt::format("c{}", colour++ % colours);
    parts += fmt::format(
        "<rect class=\"{}\" x=\"{:.1f}\" y=\"0\" width=\"{:.1f}\" height=\"28\"><title>{}: {} bytes</title></rect>",
        style, x, std::max(length - 1, 0.5), entry.cause, grouped(entry.post));
    x += length;
  }
  return fmt::format(
      "<svg class=\"bar\" viewBox=\"0 0 {} 28\" role=\"img\" aria-label=\"Differing bytes by cause\">{}</svg>", width,
      parts);
}

std::string table(const std::vector<Entry> &entries) {
  std::string rows;
  size_t colour = 0;
  for (const Entry &entry : entries) {
    std::string key;
    if (entry.isDifference() && entry.post > 0)
      key = fmt::format("<span class=\"key {}\"></span>",
                        entry.cause == "unattributed" ? "gap" : fmt::format("c{}", colour++ % colours));
    rows += fmt::format("<tr{}><td>{}{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>",
                        entry.isDifference() ? "" : " class=\"quiet\"", key, entry.cause, grouped(entry.pre),
                        grouped(entry.post));
  }
  return "<table class=\"list narrow\"><tr><th>cause</th><th class=\"number\">bytes in the base</th>"
         "<th class=\"number\">bytes in the update</th></tr>" +
         rows + "</table>";
}

} // namespace

Result<std::string> ledger(facts::Database &facts) {
  std::map<std::string, std::vector<Entry>> byModule;
  HOTGATE_CHECK(forEachRow(
      facts, "SELECT module, cause, pre_bytes, post_bytes FROM ledger ORDER BY module, post_bytes DESC, cause",
      [&](const facts::Statement &row) {
        byModule[escapeMarkup(validUtf8(row.text(0)))].push_back(
            {escapeMarkup(validUtf8(row.text(1))), row.integer(2), row.integer(3)});
      }));
  std::string body;
  for (const auto &[module, entries] : byModule)
    body += fmt::format("<h3><code>{}</code></h3>{}{}", module, bar(entries), table(entries));
  return body.empty() ? body : section("ledger", "Ledger: what the differing bytes are", body);
}

} // namespace hotgate::rules::html
