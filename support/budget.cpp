#include "support/budget.h"

#include <cstdio>
#include <fmt/format.h>
#include <unistd.h>

namespace hotgate {

namespace {

// Asking costs a system call: not for every function.
constexpr std::chrono::milliseconds betweenLooks{20};

// 0 when the system does not tell: then only time limits the work.
uint64_t ownMemory() {
  std::FILE *file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr)
    return 0;
  unsigned long long total = 0, resident = 0, shared = 0; // pages
  const bool isRead = std::fscanf(file, "%llu %llu %llu", &total, &resident, &shared) == 3;
  std::fclose(file);
  return isRead && resident > shared ? (resident - shared) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

} // namespace

Budget::Budget(const BudgetLimits &limits) : limits_(limits), end_(Clock::now() + limits.time) {}

bool Budget::isMemorySpent(Clock::time_point now) const {
  Clock::rep due = nextLook_.load(std::memory_order_relaxed);
  if (limits_.memory == UINT64_MAX || now.time_since_epoch().count() < due)
    return false;
  // One thread looks, the others go on.
  return nextLook_.compare_exchange_strong(due, (now + betweenLooks).time_since_epoch().count()) &&
         ownMemory() > limits_.memory;
}

bool Budget::isSpent() const {
  if (spent_.load(std::memory_order_relaxed) != Spent::nothing)
    return true;
  if (end_ == Clock::time_point::max())
    return false;
  const Clock::time_point now = Clock::now();
  Spent nothing = Spent::nothing;
  if (now >= end_)
    spent_.compare_exchange_strong(nothing, Spent::time);
  else if (isMemorySpent(now))
    spent_.compare_exchange_strong(nothing, Spent::memory);
  return spent_.load(std::memory_order_relaxed) != Spent::nothing;
}

std::string Budget::reason() const {
  switch (spent_.load(std::memory_order_relaxed)) {
  case Spent::nothing:
    return {};
  case Spent::time:
    return fmt::format("the time budget of {} s is spent", std::chrono::duration<double>(limits_.time).count());
  case Spent::memory:
    return fmt::format("the memory budget of {} MiB is spent", limits_.memory >> 20);
  }
  return {};
}

} // namespace hotgate
