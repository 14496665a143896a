#include "cli/report_command.h"

#include "cli/installation.h"
#include "cli/result_folder.h"
#include "rules/engine/verdict_json.h"
#include "rules/report/report.h"
#include "support/output_file.h"

namespace hotgate::cli {

namespace {

Result<std::string> render(const ReportOptions &options, const rules::Verdict &verdict,
                           const std::vector<rules::Rule> &catalogue, facts::Database &facts) {
  switch (options.format) {
  case ReportOptions::Format::text:
    return rules::textReport(verdict, catalogue, facts);
  case ReportOptions::Format::json:
    return rules::writeVerdict(verdict);
  case ReportOptions::Format::html:
    return rules::htmlReport(verdict, catalogue, facts);
  case ReportOptions::Format::sarif:
    return rules::sarifReport(verdict, catalogue, facts);
  case ReportOptions::Format::junit:
    return rules::junitReport(verdict, catalogue, facts);
  }
  return failUsage("report", "--format", "unknown format");
}

} // namespace

Result<> reportCommand(const ReportOptions &options) {
  const std::filesystem::path verdictPath = options.folder / verdictFileName;
  HOTGATE_TRY(const std::string text, readFile(verdictPath));
  HOTGATE_TRY(const rules::Verdict verdict, rules::readVerdict(text, verdictPath.string()));
  HOTGATE_TRY(auto facts, facts::Database::open(options.folder / factsFileName));
  HOTGATE_TRY(const Installation installation, findInstallation());
  HOTGATE_TRY(const auto catalogue, rules::loadCatalogue(options.rules.value_or(installation.rules)));
  HOTGATE_TRY(const std::string report, render(options, verdict, catalogue, facts));
  return writeResult(options.out, report);
}

} // namespace hotgate::cli
