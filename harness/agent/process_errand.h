// Work in another process that must not take the agent with it.
//
// Changing protection, starting a thread or reading a context in another process waits inside the system, without a
// deadline. When that process ends meanwhile, wine 8.0 sometimes forgets who waits: VirtualProtectEx then never comes
// back (in about one of ten runs in which a patched service crashes under load). A crash of the patched service is
// just what the lab has to report, so the agent has to outlive it.
#pragma once

#include "harness/agent/outcome.h"

#include <functional>
#include <nlohmann/json.hpp>

namespace hotgate::harness::agent {

// What `work` answers. It runs on a thread of its own; when process `pid` has ended and `graceMs` later there is
// still no answer, the answer is a refusal and the thread is left where it is. So `work` owns everything that it
// uses.
[[nodiscard]] Outcome<nlohmann::json> runErrand(uint32_t pid, std::function<Outcome<nlohmann::json>()> work,
                                                uint32_t graceMs = 5000);

} // namespace hotgate::harness::agent
