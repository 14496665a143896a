#include "harness/lab/quarantine.h"

#include "support/strict_yaml.h"

#include <charconv>
#include <optional>
#include <set>

namespace hotgate::harness {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

std::optional<int> numberOf(std::string_view digits) {
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() && end == digits.data() + digits.size() && digits.front() != '-' ? std::optional(value)
                                                                                               : std::nullopt;
}

// "2026-12-10".
std::optional<year_month_day> dayOf(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-')
    return std::nullopt;
  const auto years = numberOf(text.substr(0, 4));
  const auto months = numberOf(text.substr(5, 2));
  const auto days = numberOf(text.substr(8, 2));
  if (!years || !months || !days)
    return std::nullopt;
  const year_month_day date{year(*years), month(static_cast<unsigned>(*months)), day(static_cast<unsigned>(*days))};
  return date.ok() ? std::optional(date) : std::nullopt;
}

std::string required(StrictYaml &yaml, const char *key) {
  std::string text = yaml.text(key);
  if (text.empty())
    yaml.refuse(key, "must not be empty");
  return text;
}

QuarantinedExchange readEntry(StrictYaml &yaml, year_month_day today) {
  QuarantinedExchange entry{.role = required(yaml, "role"),
                            .exchange = required(yaml, "exchange"),
                            .reason = required(yaml, "reason"),
                            .owner = required(yaml, "owner"),
                            .expires = today};
  const std::string written = yaml.text("expires");
  const auto expires = dayOf(written);
  const std::string name = fmt::format("the quarantine of {} {}", entry.role, entry.exchange);
  if (!expires)
    yaml.refuse("expires", fmt::format("of {} must be a day like 2026-12-10, not '{}'", name, written));
  else if (sys_days(*expires) < sys_days(today))
    yaml.refuse("expires", fmt::format("{}: {} ended; mend the probe and remove the entry, or have '{}' renew it",
                                       written, name, entry.owner));
  else if (sys_days(*expires) - sys_days(today) > longestQuarantine)
    yaml.refuse("expires",
                fmt::format("{}: {} may last {} days from today at most", written, name, longestQuarantine.count()));
  entry.expires = expires.value_or(today);
  return entry;
}

} // namespace

year_month_day todayUtc() { return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()); }

std::string dayText(year_month_day date) {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

Result<std::vector<QuarantinedExchange>> readQuarantine(const std::filesystem::path &path, year_month_day today) {
  HOTGATE_TRY(StrictYaml file, StrictYaml::open(path));
  std::vector<QuarantinedExchange> list;
  std::set<std::pair<std::string, std::string>> names;
  std::vector<StrictYaml> entries = file.maps("quarantine");
  for (StrictYaml &entry : entries) {
    list.push_back(readEntry(entry, today));
    if (!names.emplace(list.back().role, list.back().exchange).second)
      entry.refuse("exchange", "is in the list twice");
  }
  HOTGATE_CHECK(file.finish());
  return list;
}

} // namespace hotgate::harness
