// What this machine is as a target of hotpatches: the command `preflight` (README.md).
#pragma once

#include "harness/agent/outcome.h"

#include <nlohmann/json.hpp>

namespace hotgate::harness::agent {

// Under wine too, where most of it is null.
[[nodiscard]] Outcome<nlohmann::json> systemReport();

} // namespace hotgate::harness::agent
