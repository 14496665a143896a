// Windows services through the service control manager (wine has one too).
#pragma once

#include "harness/agent/outcome.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace hotgate::harness::agent {

[[nodiscard]] Outcome<nlohmann::json> installService(const std::string &name, const std::string &program,
                                                     const std::string &arguments);
[[nodiscard]] Outcome<nlohmann::json> startService(const std::string &name, uint32_t deadlineMs);
[[nodiscard]] Outcome<nlohmann::json> stopService(const std::string &name, uint32_t deadlineMs);
[[nodiscard]] Outcome<nlohmann::json> queryService(const std::string &name);
[[nodiscard]] Outcome<nlohmann::json> deleteService(const std::string &name, uint32_t deadlineMs);

} // namespace hotgate::harness::agent
