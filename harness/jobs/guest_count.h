// How many guests run at once.
#pragma once

#include <cstdint>
#include <optional>

namespace hotgate::harness {

struct HostRoom {
  int64_t freeMiB = 0; // what can be had without swapping
  int cores = 1;
  static HostRoom now();
};

inline constexpr int mostGuests = 64;

// What one guest of `memoryMiB` costs this host: its memory, the emulator's own, and the job's process beside it.
[[nodiscard]] int64_t guestCostMiB(int memoryMiB);

// One a core and no more than fit into the free memory, of which an eighth stays free; at least one. A wish is granted
// as far as memory goes: guests that wait for a core are only slow, guests that do not fit end each other.
[[nodiscard]] int guestsAtOnce(const HostRoom &room, int64_t guestMiB, std::optional<int> wish);

} // namespace hotgate::harness
