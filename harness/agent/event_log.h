// The events that a service wrote: the command `events`.
#pragma once

#include "harness/agent/outcome.h"

#include <nlohmann/json.hpp>

namespace hotgate::harness::agent {

// `events`: [{record, id, level, time}] of one provider in a channel ("System"), or of all when `provider` is "": those
// behind the record `after`, the oldest first, at most 4096. `time`: 100 ns since 1601.
[[nodiscard]] Outcome<nlohmann::json> readEvents(const std::string &channel, const std::string &provider,
                                                 uint64_t after);

} // namespace hotgate::harness::agent
