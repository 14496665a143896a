// hotgate report: the result folder of an earlier run, shown in another format.
#pragma once

#include "support/result.h"

#include <filesystem>
#include <optional>

namespace hotgate::cli {

struct ReportOptions {
  enum class Format { text, json, html, sarif, junit };

  std::filesystem::path folder;
  Format format = Format::text;
  std::optional<std::filesystem::path> rules;
  std::optional<std::filesystem::path> out; // else standard output
};

// Errors: input, when the folder is no result folder.
Result<> reportCommand(const ReportOptions &options);

} // namespace hotgate::cli
