// Where Hotgate's own files lie: rules, roles, the program for the guest. They are found relative to the executable
// (bin/hotgate beside share/hotgate), in the build tree as in an installed one.
#pragma once

#include "support/result.h"

#include <filesystem>

namespace hotgate::cli {

struct Installation {
  std::filesystem::path rules;  // HGnnn-name.sql
  std::filesystem::path roles;  // NAME.yaml of each role
  std::filesystem::path agent;  // hotgate-agent.exe
  std::filesystem::path tap;    // hotgate-tap, beside the program
  std::filesystem::path client; // hotgate-client, there too
};

// Errors: fault, when the share folder is missing.
Result<Installation> findInstallation();

} // namespace hotgate::cli
