// Exchanges whose probe is known to fail now and then without the service's fault: what they show is recorded and
// shown, and not judged, until a day that is near.
#pragma once

#include "support/result.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace hotgate::harness {

struct QuarantinedExchange {
  std::string role;
  std::string exchange; // "decline"
  std::string reason;
  std::string owner;
  std::chrono::year_month_day expires; // the last day
};

inline constexpr std::chrono::days longestQuarantine{30};

[[nodiscard]] std::chrono::year_month_day todayUtc();
[[nodiscard]] std::string dayText(std::chrono::year_month_day day); // 2026-12-10

// Errors: usage, for an entry that expired, lasts too long, is there twice, or is not written as it should be.
Result<std::vector<QuarantinedExchange>> readQuarantine(const std::filesystem::path &path,
                                                        std::chrono::year_month_day today);

} // namespace hotgate::harness
