// The commands that change or prove what code runs in a process: apply, undo, query, read the patch image.
#pragma once

#include "harness/agent/outcome.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace hotgate::harness::agent {

struct PatchTarget {
  uint32_t pid = 0;
  std::string module; // file name, as in dhcpsrv.exe
};

// The replies are those of README.md.
[[nodiscard]] Outcome<nlohmann::json> applyPatch(const PatchTarget &target, const std::string &imagePath,
                                                 uint32_t deadlineMs);
[[nodiscard]] Outcome<nlohmann::json> undoPatch(const PatchTarget &target, uint32_t deadlineMs);
[[nodiscard]] Outcome<nlohmann::json> queryPatch(const PatchTarget &target);
[[nodiscard]] Outcome<nlohmann::json> readPatch(const PatchTarget &target, uint32_t rva, uint32_t size);

} // namespace hotgate::harness::agent
