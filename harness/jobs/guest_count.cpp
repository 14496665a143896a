// Limits: Linux (/proc/meminfo); a container's own limit of memory is not looked at.
#include "harness/jobs/guest_count.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>

namespace hotgate::harness {
namespace {

// Measured: QEMU with its translation buffer of 256 MiB, and the analysis of one module.
constexpr int64_t emulatorMiB = 400;
constexpr int64_t jobMiB = 200;

} // namespace

HostRoom HostRoom::now() {
  HostRoom room;
  room.cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  std::ifstream file("/proc/meminfo");
  std::string name;
  for (int64_t kibibytes = 0; file >> name >> kibibytes; file.ignore(256, '\n'))
    if (name == "MemAvailable:")
      room.freeMiB = kibibytes / 1024;
  return room;
}

int64_t guestCostMiB(int memoryMiB) { return memoryMiB + emulatorMiB + jobMiB; }

int guestsAtOnce(const HostRoom &room, int64_t guestMiB, std::optional<int> wish) {
  const int64_t fitting = room.freeMiB * 7 / 8 / std::max<int64_t>(1, guestMiB);
  const int64_t wanted = wish.value_or(room.cores);
  return static_cast<int>(std::clamp<int64_t>(std::min(wanted, fitting), 1, mostGuests));
}

} // namespace hotgate::harness
