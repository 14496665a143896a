// hotgate lab run --role NAME: does the lab tell a sound server of this role from a broken one? What a release engineer
// runs before a role is trusted with a patch.
#pragma once

#include "cli/exit_code.h"

#include <filesystem>
#include <string>

namespace hotgate::cli {

struct LabRoleOptions {
  std::string role;
  std::filesystem::path out;   // result.txt, result.json, and the facts of each way as WAY.sqlite
  std::filesystem::path rules; // "": the installed catalogue
};

// approve when the sound server passes every rule and each broken one is told; toolFault when not, or when the lab
// fails.
Result<ExitCode> labRoleCommand(const LabRoleOptions &options);

} // namespace hotgate::cli
