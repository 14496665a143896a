#include "harness/lab/recovery_watch.h"

#include <thread>

namespace hotgate::harness {

Result<> RecoveryWatch::observe() {
  HOTGATE_TRY(const ServiceStatus service, guest_.queryService());
  serviceState_ = service.state;
  const auto counters = guest_.counters(service.pid != 0 ? service.pid : last_.pid);
  // A process that is just ending or starting cannot always be looked at; the next look can.
  if (!counters)
    return {};
  const ServiceProcess seen{service.pid, counters->startTime};
  runs_ = service.pid != 0 && counters->alive;
  if (runs_ && seen != last_) {
    last_ = seen;
    starts_.push_back(seen);
  }
  return {};
}

Result<> RecoveryWatch::watch(const RecoveryLimits &limits) {
  const Deadline end = after(limits.whole);
  Deadline quiet;
  std::optional<ServiceProcess> living; // the process that the deadline `quiet` belongs to; nullopt: there was none
  for (bool isFirst = true;; isFirst = false) {
    HOTGATE_CHECK(observe());
    const auto now = runs_ ? std::optional(last_) : std::nullopt;
    if (isFirst || now != living)
      quiet = after(now ? limits.stays : limits.untilStart);
    living = now;
    if (Clock::now() >= std::min(quiet, end))
      return {};
    std::this_thread::sleep_for(limits.poll);
  }
}

} // namespace hotgate::harness
