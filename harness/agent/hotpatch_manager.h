// The system's own hotpatching, NtManageHotPatch: is it on, which patches are active in a process, load one.
#pragma once

#include "harness/agent/outcome.h"

#include <nlohmann/json.hpp>

namespace hotgate::harness::agent {

struct HotPatchState {
  uint32_t status = 0; // NTSTATUS of CheckEnabled
  uint32_t flags = 0;
};
// nullopt where ntdll.dll has no NtManageHotPatch (wine, systems before 2019).
[[nodiscard]] std::optional<HotPatchState> hotPatchSwitch();

// `patches`: [{path, base_time_stamp, base_checksum, sequence}].
[[nodiscard]] Outcome<nlohmann::json> activePatches(uint32_t pid);
// Asks the system to load a hotpatch image for every process that has the base which the image names.
[[nodiscard]] Outcome<nlohmann::json> loadPatch(const std::string &image);

} // namespace hotgate::harness::agent
