#include "rules/report/summary.h"

#include "rules/engine/rows.h"
#include "rules/report/escape.h"

#include <algorithm>
#include <set>

namespace hotgate::rules {

Result<KbIdentity> readKbIdentity(facts::Database &facts) {
  KbIdentity identity;
  HOTGATE_CHECK(forEachRow(facts, "SELECT kb, track, baseline FROM kb", [&](const facts::Statement &row) {
    identity = {validUtf8(row.text(0)), validUtf8(row.text(1)), validUtf8(row.text(2))};
  }));
  return identity;
}

std::string_view meaningOf(VerdictKind kind) {
  switch (kind) {
  case VerdictKind::approve:
    return "Nothing that was evaluated speaks against this KB.";
  case VerdictKind::review:
    return "A person has to look at the findings before this KB ships.";
  case VerdictKind::block:
    return "This KB must not ship as it is.";
  case VerdictKind::incomplete:
    return "Something could not be judged, so this KB is neither approved nor blocked.";
  }
  return "";
}

std::string countsOf(const std::vector<Finding> &findings) {
  std::string counts;
  for (const Severity severity : {Severity::block, Severity::incomplete, Severity::review, Severity::note})
    if (const auto count = std::ranges::count(findings, severity, &Finding::severity); count > 0)
      counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", count, toString(severity));
  return counts.empty() ? "none" : counts;
}

std::string coverageOf(const Verdict &verdict, const std::vector<Rule> &rules) {
  std::set<std::string> missing;
  for (const NotEvaluated &entry : verdict.notEvaluated)
    if (findRule(rules, entry.rule) != nullptr)
      missing.insert(entry.rule);
  if (missing.empty())
    return fmt::format("all {} rules evaluated", rules.size());
  return fmt::format("{} rules evaluated, {} not or not for every module", rules.size() - missing.size(),
                     missing.size());
}

std::map<std::string, std::vector<std::string>> rulesByReason(const Verdict &verdict) {
  std::map<std::string, std::vector<std::string>> byReason;
  for (const NotEvaluated &entry : verdict.notEvaluated)
    byReason[entry.reason].push_back(entry.rule);
  return byReason;
}

namespace {

std::string componentText(const facts::Statement &row, int first) {
  if (row.isNull(first + 2) || row.isNull(first + 3))
    return {};
  return fmt::format(" ({} {}, {} -> {})", validUtf8(row.text(first)), validUtf8(row.text(first + 1)),
                     validUtf8(row.text(first + 2)), validUtf8(row.text(first + 3)));
}

// A line for each image that is not the same on both sides, and the number of the others.
Result<> addImageLines(facts::Database &facts, std::vector<std::string> &lines) {
  HOTGATE_CHECK(forEachRow(facts, "SELECT path, name, version, architecture FROM package ORDER BY path",
                           [&](const facts::Statement &row) {
                             lines.push_back(fmt::format("{}: {} {} {}", validUtf8(row.text(0)), validUtf8(row.text(1)),
                                                         validUtf8(row.text(2)), validUtf8(row.text(3))));
                           }));
  HOTGATE_CHECK(forEachRow(
      facts,
      "SELECT f.module, SUM(f.status = 'changed'), SUM(f.status = 'added'), SUM(f.status = 'removed'), "
      "SUM(f.status = 'identical'), i.component, i.architecture, i.pre_version, i.post_version "
      "FROM function_pair f LEFT JOIN image_pair i ON i.module = f.module AND i.status = 'compared' "
      "GROUP BY f.module ORDER BY f.module",
      [&](const facts::Statement &row) {
        lines.push_back(fmt::format("{}{}: {} functions changed, {} added, {} removed, {} identical",
                                    validUtf8(row.text(0)), componentText(row, 5), grouped(row.integer(1)),
                                    grouped(row.integer(2)), grouped(row.integer(3)), grouped(row.integer(4))));
      }));
  HOTGATE_CHECK(forEachRow(facts,
                           "SELECT module, status FROM image_pair WHERE status NOT IN ('compared', 'unchanged') "
                           "ORDER BY module, status",
                           [&](const facts::Statement &row) {
                             lines.push_back(fmt::format("{}: {}", validUtf8(row.text(0)), validUtf8(row.text(1))));
                           }));
  return forEachRow(facts, "SELECT COUNT(*) FROM image_pair WHERE status = 'unchanged' HAVING COUNT(*) > 0",
                    [&](const facts::Statement &row) {
                      lines.push_back(row.integer(0) == 1 ? "1 image is the same bytes in pre and post"
                                                          : fmt::format("{} images are the same bytes in pre and post",
                                                                        grouped(row.integer(0))));
                    });
}

} // namespace

Result<std::vector<std::string>> scopeLines(facts::Database &facts) {
  std::vector<std::string> lines;
  HOTGATE_CHECK(addImageLines(facts, lines));
  HOTGATE_CHECK(forEachRow(
      facts,
      "SELECT l.module, SUM(l.post_bytes), SUM(CASE WHEN l.cause IN ('same', 'moved') THEN 0 ELSE l.post_bytes END), "
      "(SELECT COALESCE(SUM(u.size), 0) FROM ledger_unattributed u WHERE u.module = l.module) "
      "FROM ledger l GROUP BY l.module ORDER BY l.module",
      [&](const facts::Statement &row) {
        lines.push_back(fmt::format("{}: {} of {} bytes differ, {} without a cause", validUtf8(row.text(0)),
                                    grouped(row.integer(2)), grouped(row.integer(1)), grouped(row.integer(3))));
      }));
  HOTGATE_CHECK(forEachRow(facts,
                           "SELECT i.module, o.decoder, SUM(o.functions), SUM(o.instructions) FROM second_opinion o "
                           "JOIN image i USING (image_id) GROUP BY i.module, o.decoder ORDER BY i.module, o.decoder",
                           [&](const facts::Statement &row) {
                             lines.push_back(
                                 fmt::format("{}: {} bodies of patched functions ({} instructions) read by {} too",
                                             validUtf8(row.text(0)), grouped(row.integer(2)), grouped(row.integer(3)),
                                             validUtf8(row.text(1))));
                           }));
  HOTGATE_CHECK(forEachRow(facts, "SELECT role, provider, accelerator, outcome FROM lab_run ORDER BY run_id",
                           [&](const facts::Statement &row) {
                             lines.push_back(fmt::format("lab, role {} ({}, {}): {}", validUtf8(row.text(0)),
                                                         validUtf8(row.text(1)), validUtf8(row.text(2)),
                                                         validUtf8(row.text(3))));
                           }));
  return lines;
}

} // namespace hotgate::rules
