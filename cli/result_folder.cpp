#include "cli/result_folder.h"

#include "rules/engine/verdict_json.h"
#include "rules/report/report.h"
#include "support/output_file.h"

#include <nlohmann/json.hpp>

namespace hotgate::cli {

Result<ResultFolder> ResultFolder::prepare(const std::filesystem::path &path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error)
    return failInput(path.string(), "", fmt::format("cannot be made: {}", error.message()),
                     "give a folder that you can write to");
  for (const char *name : {verdictFileName, factsFileName, htmlFileName, timingsFileName}) {
    std::filesystem::remove(path / name, error);
    if (error)
      return failInput((path / name).string(), "",
                       fmt::format("the earlier result cannot be removed: {}", error.message()),
                       "give a folder that you can write to");
  }
  return ResultFolder(path);
}

Result<> ResultFolder::write(const rules::Verdict &verdict, const std::vector<rules::Rule> &catalogue,
                             facts::Database &facts, const Timings &timings) const {
  HOTGATE_TRY(const std::string html, rules::htmlReport(verdict, catalogue, facts));
  HOTGATE_CHECK(facts.saveAs(path_ / factsFileName));
  HOTGATE_CHECK(writeFile(path_ / htmlFileName, html));
  nlohmann::ordered_json times = nlohmann::ordered_json::object();
  for (const auto &[step, taken] : timings)
    times[step + "_ms"] = taken.count();
  HOTGATE_CHECK(writeFile(path_ / timingsFileName, times.dump(2) + '\n'));
  return writeFile(path_ / verdictFileName, rules::writeVerdict(verdict));
}

Result<> ResultFolder::print(const rules::Verdict &verdict, const std::vector<rules::Rule> &catalogue,
                             facts::Database &facts) const {
  HOTGATE_TRY(std::string text, rules::textReport(verdict, catalogue, facts));
  text += fmt::format("\nReport: {}\n", (path_ / htmlFileName).string());
  return writeStandardOutput(text);
}

} // namespace hotgate::cli
