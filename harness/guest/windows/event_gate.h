// What a role's own event log says: whether the service is ready, whether the lab is at fault, whether it is slow.
// The gate before a test; one successful exchange from outside comes with it (the run's step health).
#pragma once

#include "support/result.h"

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hotgate::harness {

struct ServiceEvent {
  int64_t record = 0; // its number in the log
  int64_t id = 0;
  int64_t level = 0; // 1 critical, 2 error, 3 warning, 4 information
};

// Errors: fault, when the answer is not what the agent's command `events` gives.
Result<std::vector<ServiceEvent>> parseEvents(const nlohmann::json &reply);

enum class EventKind : uint8_t {
  started,  // the service initialised: what stands before it belongs to another start
  ready,    // it serves
  labFault, // the machine's set-up is wrong: never the patch's doing
  slow,     // evidence of load that it does not keep up with
  other,
};
[[nodiscard]] std::string_view eventKindName(EventKind kind); // started, ready, lab-fault, slow, other

struct EventMeaning {
  int64_t id;
  EventKind kind;
  const char *meaning;
};
// nullptr for an event without a published meaning here. Of the DHCP server's log.
const EventMeaning *dhcpEvent(int64_t id);

struct GateState {
  enum class Kind : uint8_t { waiting, ready, labFault };
  Kind kind = Kind::waiting;
  std::string text;
};
// By the events since the last start, in the order of their records: the last that says ready or lab-fault counts.
GateState dhcpGate(const std::vector<ServiceEvent> &events);

} // namespace hotgate::harness
