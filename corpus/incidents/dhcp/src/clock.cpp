// Time: see clock.h.
#include "clock.h"

uint64_t NowSeconds() {
  FILETIME time; // 100 ns since 1601
  GetSystemTimeAsFileTime(&time);
  const uint64_t ticks = static_cast<uint64_t>(time.dwHighDateTime) << 32 | time.dwLowDateTime;
  return ticks / 10'000'000 - 11'644'473'600;
}
