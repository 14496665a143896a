// The folder that a run leaves: verdict.json, report.html, facts.sqlite, and timings.json apart, since times differ
// from run to run and results must not.
#pragma once

#include "analyzer/facts/database.h"
#include "rules/engine/verdict.h"
#include "support/result.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace hotgate::cli {

using Timings = std::vector<std::pair<std::string, std::chrono::milliseconds>>;

class ResultFolder {
public:
  // Makes the folder and removes the results of an earlier run. Errors: input, when it cannot be written.
  static Result<ResultFolder> prepare(const std::filesystem::path &path);

  // verdict.json comes last: where it is, the rest is whole.
  [[nodiscard]] Result<> write(const rules::Verdict &verdict, const std::vector<rules::Rule> &catalogue,
                               facts::Database &facts, const Timings &timings) const;
  // The text report on standard output, and where the rest lies.
  [[nodiscard]] Result<> print(const rules::Verdict &verdict, const std::vector<rules::Rule> &catalogue,
                               facts::Database &facts) const;

private:
  explicit ResultFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

// Names of the files, for those who read them.
inline constexpr const char *verdictFileName = "verdict.json";
inline constexpr const char *factsFileName = "facts.sqlite";
inline constexpr const char *htmlFileName = "report.html";
inline constexpr const char *timingsFileName = "timings.json";

} // namespace hotgate::cli
