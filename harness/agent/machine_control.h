// What is done to the machine as a whole: files put there, programs run to their end, its restart.
#pragma once

#include "harness/agent/outcome.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace hotgate::harness::agent {

struct StartOptions;

// Writes the bytes at an offset; offset 0 begins the file anew, and its folder is made. `size`: the file's, afterwards.
[[nodiscard]] Outcome<nlohmann::json> writeFile(const std::string &path, uint64_t offset, const std::string &hex);
// `exit_code`. A program that does not end within the deadline goes on: a package must not be cut in the middle.
[[nodiscard]] Outcome<nlohmann::json> runToEnd(const StartOptions &options, uint32_t deadlineMs);
// Answers before the machine goes down.
[[nodiscard]] Outcome<nlohmann::json> restartMachine();

} // namespace hotgate::harness::agent
