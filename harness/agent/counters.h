// What a process uses, as numbers for the soak; null where the system does not say.
#pragma once

#include "harness/agent/outcome.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <windows.h>

namespace hotgate::harness::agent {

// `kept`: a handle of this process when the agent has one (then the exit code outlives the process), else nullptr.
[[nodiscard]] Outcome<nlohmann::json> readCounters(uint32_t pid, HANDLE kept);

} // namespace hotgate::harness::agent
