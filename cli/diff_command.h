// hotgate diff: two images compared, for people or as JSON (hotgate/diff/1). Folders and packages: diff_set.h.
#pragma once

#include "analyzer/diff/image_diff.h"
#include "analyzer/diff/second_opinions.h"
#include "cli/exit_code.h"
#include "support/budget.h"
#include "support/result.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hotgate::cli {

struct DiffOptions {
  enum class Format { text, json };

  std::filesystem::path pre;
  std::filesystem::path post;
  std::optional<std::filesystem::path> prePdb;
  std::optional<std::filesystem::path> postPdb;
  std::vector<std::filesystem::path> symbols; // folders and symbol stores, besides the images' own
  bool noSymbols = false;
  BudgetLimits budget;
  bool all = false; // list identical functions too, and cut no list
  Format format = Format::text;
  std::optional<std::filesystem::path> out; // else standard output
};

// What is shown.
struct ComparedImages {
  const analyzer::Program &pre;
  const analyzer::Program &post;
  const analyzer::ImageDiff &diff;
  const analyzer::SecondOpinions &preOpinions; // of changed and added functions
  const analyzer::SecondOpinions &postOpinions;
  std::vector<std::string> incomplete; // what a spent budget left undone, one sentence each
  bool all = false;
};

// At most 80 columns wide.
[[nodiscard]] std::string renderDiffText(const ComparedImages &images);
[[nodiscard]] std::string renderDiffJson(const ComparedImages &images);

// Incomplete, when the budget was spent; then what was done is shown, and what was not.
Result<ExitCode> diffCommand(const DiffOptions &options);

} // namespace hotgate::cli
