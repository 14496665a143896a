// hotgate rules: what the catalogue holds.
#pragma once

#include "support/result.h"

#include <filesystem>
#include <optional>
#include <string>

namespace hotgate::cli {

struct RulesOptions {
  std::optional<std::filesystem::path> rules; // else the installed catalogue
  std::optional<std::string> show;            // HGnnn; else list all
};

// Errors: usage, for an id that the catalogue does not have.
Result<> rulesCommand(const RulesOptions &options);

} // namespace hotgate::cli
