// What a role's own event log says: whether the service is ready, whether the lab is at fault, whether it is slow.
// The gate before a test; one successful exchange from outside comes with it (the run's step health).
#pragma once

#include "harness/roles/role.h"

#include <nlohmann/json_fwd.hpp>

namespace hotgate::harness {

struct ServiceEvent {
  int64_t record = 0; // its number in the log
  int64_t id = 0;
  int64_t level = 0; // 1 critical, 2 error, 3 warning, 4 information
};

inline constexpr size_t mostEventsAtOnce = 4096; // the agent gives no more in one answer

// Errors: fault, when the answer is not what the agent's command `events` gives.
Result<std::vector<ServiceEvent>> parseEvents(const nlohmann::json &reply);

enum class EventKind : uint8_t { started, ready, labFault, slow, other }; // as in RoleEvents
[[nodiscard]] std::string_view eventKindName(EventKind kind);             // started, ready, lab-fault, slow, other
[[nodiscard]] EventKind eventKind(const RoleEvents &events, int64_t id);
[[nodiscard]] std::string eventMeaning(const RoleEvents &events, int64_t id); // in words; "" when none are known

struct GateState {
  enum class Kind : uint8_t { waiting, ready, labFault };
  Kind kind = Kind::waiting;
  std::string text;
};
// By the events since the last start, in the order of their records: the last that says ready or lab-fault counts.
GateState eventGate(const RoleEvents &known, const std::vector<ServiceEvent> &events);

} // namespace hotgate::harness
