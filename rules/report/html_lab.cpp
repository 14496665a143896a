// The lab: what was done, what the service answered, what its memory did.
#include "rules/engine/rows.h"
#include "rules/report/escape.h"
#include "rules/report/html_sections.h"

#include <array>

namespace hotgate::rules::html {

namespace {

constexpr std::array<std::string_view, 4> phases{"control", "patched", "undone", "restarted"};

std::string cell(const facts::Statement &row, int column) { return escapeMarkup(validUtf8(row.text(column))); }

// One column a phase, the steps in order.
Result<std::string> timeline(facts::Database &facts, int64_t run) {
  std::string body;
  for (const std::string_view phase : phases) {
    std::string steps;
    HOTGATE_CHECK(forEachRow(
        facts, "SELECT step, outcome, text FROM lab_step WHERE run_id = ? AND phase = ? ORDER BY ordinal",
        [&](const facts::Statement &row) {
          const std::string outcome = row.text(1) == "ok" ? "ok" : row.text(1) == "failed" ? "failed" : "lab-fault";
          steps += fmt::format("<li class=\"{0}\"><strong>{1}</strong> <span class=\"outcome\">{0}</span><br>{2}</li>",
                               outcome, cell(row, 0), cell(row, 2));
        },
        run, phase));
    body += fmt::format("<div><h4>{}</h4><ol>{}</ol></div>", phase,
                        steps.empty() ? "<li class=\"none\">not reached</li>" : steps);
  }
  return "<div class=\"timeline\">" + body + "</div>";
}

Result<std::string> answers(facts::Database &facts, int64_t run) {
  std::string rows;
  HOTGATE_CHECK(forEachRow(
      facts,
      "SELECT phase, step, exchange, sent, answered, late, wrong, median_ms, worst_ms, deadline_ms, first_wrong "
      "FROM lab_probe WHERE run_id = ? ORDER BY CASE phase WHEN 'control' THEN 0 WHEN 'patched' THEN 1 WHEN 'undone' "
      "THEN 2 ELSE 3 END, "
      "step, exchange",
      [&](const facts::Statement &row) {
        const int64_t lost = row.integer(3) - row.integer(4) - row.integer(5);
        const bool isWitness = row.text(2) == "witness"; // silence may be the right answer to it
        const auto count = [](int64_t number, bool isBad) {
          return fmt::format("<td class=\"number{}\">{}</td>", isBad && number > 0 ? " bad" : "", grouped(number));
        };
        rows += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td>", cell(row, 0), cell(row, 1), cell(row, 2));
        rows += count(row.integer(3), false) + count(row.integer(4), false) + count(row.integer(5), true) +
                count(lost, !isWitness) + count(row.integer(6), true);
        rows += fmt::format("<td class=\"number\">{:.1f}</td><td class=\"number\">{:.1f}</td><td "
                            "class=\"number\">{}</td><td>{}</td></tr>",
                            row.real(7), row.real(8), grouped(row.integer(9)), cell(row, 10));
      },
      run));
  if (rows.empty())
    return rows;
  return "<h4>Answers from outside</h4><table "
         "class=\"list\"><tr><th>phase</th><th>step</th><th>exchange</th><th class=\"number\">sent</th>"
         "<th class=\"number\">in time</th><th class=\"number\">late</th><th class=\"number\">no answer</th><th "
         "class=\"number\">wrong</th><th class=\"number\">median ms</th><th class=\"number\">worst ms</th><th>deadline "
         "ms</th>"
         "<th>first wrong answer</th></tr>" +
         rows + "</table>";
}

Result<std::string> witness(facts::Database &facts, int64_t run) {
  std::string rows;
  HOTGATE_CHECK(forEachRow(
      facts,
      "SELECT phase, seen, text FROM lab_witness WHERE run_id = ? "
      "ORDER BY CASE phase WHEN 'control' THEN 0 WHEN 'patched' THEN 1 WHEN 'undone' THEN 2 ELSE 3 END",
      [&](const facts::Statement &row) {
        rows += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td></tr>", cell(row, 0), cell(row, 1), cell(row, 2));
      },
      run));
  if (rows.empty())
    return rows;
  return "<h4>Witness of the defect</h4><table class=\"list narrow\"><tr><th>phase</th><th>seen</th><th></th></tr>" +
         rows + "</table>";
}

Result<std::string> processes(facts::Database &facts, int64_t run) {
  std::string rows;
  HOTGATE_CHECK(forEachRow(
      facts,
      "SELECT phase, step, state, service_state, pid, exit_code FROM lab_process WHERE run_id = ? ORDER BY ordinal",
      [&](const facts::Statement &row) {
        rows += fmt::format(
            "<tr><td>{}</td><td>{}</td><td{}>{}</td><td>{}</td><td class=\"number\">{}</td><td>{}</td></tr>",
            cell(row, 0), cell(row, 1), row.text(2) == "running" ? "" : " class=\"bad\"", cell(row, 2), cell(row, 3),
            row.integer(4), row.isNull(5) ? "" : fmt::format("0x{:08x}", static_cast<uint32_t>(row.integer(5))));
      },
      run));
  if (rows.empty())
    return rows;
  return "<h4>Service process</h4><table class=\"list "
         "narrow\"><tr><th>phase</th><th>step</th><th>process</th><th>service manager says</th>"
         "<th class=\"number\">PID</th><th>exit code</th></tr>" +
         rows + "</table>";
}

} // namespace

Result<std::string> lab(facts::Database &facts) {
  struct Run {
    int64_t id = 0;
    std::string title;
  };
  std::vector<Run> runs;
  HOTGATE_CHECK(forEachRow(
      facts, "SELECT run_id, role, module, provider, accelerator, outcome FROM lab_run ORDER BY run_id",
      [&](const facts::Statement &row) {
        runs.push_back({row.integer(0), fmt::format("Role {}: <code>{}</code> on {} ({}), {}", cell(row, 1),
                                                    cell(row, 2), cell(row, 3), cell(row, 4), cell(row, 5))});
      }));
  std::string body;
  for (const Run &run : runs) {
    body += fmt::format("<h3>{}</h3>", run.title);
    for (const auto part : {timeline, memoryChart, answers, witness, processes}) {
      HOTGATE_TRY(const std::string shown, part(facts, run.id));
      body += shown;
    }
  }
  return body.empty() ? body : section("lab", "Lab", body);
}

} // namespace hotgate::rules::html
