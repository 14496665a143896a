// The counters of a process that are watched while it serves: one that grows with the requests is a leak.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hotgate::harness {

enum class Counter : uint8_t { privateBytes, threads, handles };
inline constexpr std::array allCounters{Counter::privateBytes, Counter::threads, Counter::handles};

// As in the facts and in the roles' files.
[[nodiscard]] constexpr std::string_view counterName(Counter counter) {
  constexpr std::array<std::string_view, 3> names{"private-bytes", "threads", "handles"};
  return names.at(static_cast<size_t>(counter));
}

[[nodiscard]] constexpr std::optional<Counter> counterNamed(std::string_view name) {
  for (const Counter counter : allCounters)
    if (name == counterName(counter))
      return counter;
  return std::nullopt;
}

} // namespace hotgate::harness
