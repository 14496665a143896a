// What Windows Update offers this machine: the command `scan`.
#pragma once

#include "harness/agent/outcome.h"

#include <nlohmann/json.hpp>

namespace hotgate::harness::agent {

// `updates`: [{title, kb: ["5099001"], needs_restart}]: what is offered and not installed. A scan takes minutes.
[[nodiscard]] Outcome<nlohmann::json> scanForUpdates();

} // namespace hotgate::harness::agent
