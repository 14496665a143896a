// What becomes of a service whose process is gone: does the service manager start it again, does the new process stay,
// or does it end and start over and over? Told by PID and start time; what the service manager says of its state hides
// all of it.
//
// Limits: starts that follow one another faster than the watch looks (RecoveryLimits::poll) count as one.
#pragma once

#include "harness/lab/guest.h"

#include <chrono>

namespace hotgate::harness {

struct RecoveryLimits {
  std::chrono::milliseconds poll{100};
  // A service manager waits before it starts a service again: one second, as the agent sets it up.
  std::chrono::milliseconds untilStart{5000};
  // A new process that lives for so long stays.
  std::chrono::milliseconds stays{3000};
  // In all: a service that starts over and over is left to it.
  std::chrono::milliseconds whole{20000};
};

struct ServiceProcess {
  int64_t pid = 0;
  int64_t startTime = 0;
  friend bool operator==(const ServiceProcess &, const ServiceProcess &) = default;
};

class RecoveryWatch {
public:
  RecoveryWatch(Guest &guest, ServiceProcess first) : guest_(guest), last_(first) {}

  // Looks once, and keeps the process when it is another one than before. Errors: fault, the agent does not answer.
  Result<> observe();
  // Looks until the service stays up, does not come back, or has had the whole time.
  Result<> watch(const RecoveryLimits &limits);

  [[nodiscard]] const std::vector<ServiceProcess> &starts() const { return starts_; } // after the first, in order
  // Of the last look.
  [[nodiscard]] bool runs() const { return runs_; }
  [[nodiscard]] const std::string &serviceState() const { return serviceState_; }

private:
  Guest &guest_;
  ServiceProcess last_;
  bool runs_ = true;
  std::string serviceState_;
  std::vector<ServiceProcess> starts_;
};

} // namespace hotgate::harness
