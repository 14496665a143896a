// A failover pair in two guests, with the probe on one wire: the worst that a patch of the one can do is done to it,
// and the other is asked for what the first one's clients need: their leases under the same addresses, and new ones.
//
// What is counted under `rebind`, `renew` and `lease` are clients, not messages: who falls silent is asked again until
// the limit, as a client does, and the first answer counts.
#pragma once

#include "harness/guest/reference_guest.h"
#include "harness/roles/dhcp_role.h"

namespace hotgate::harness {

enum class FailoverWay : uint8_t {
  killed, // SIGKILL to the first one's server
  off,    // to its QEMU
  spare,  // as off; the second is no partner, and starts when the first is gone: clients lose their leases
};
[[nodiscard]] std::string_view failoverWayName(FailoverWay way); // "pair-killed"
constexpr std::array allFailoverWays{FailoverWay::killed, FailoverWay::off, FailoverWay::spare};

struct FailoverReport {
  ExchangeTallies whole;  // of the first one, while both live
  ExchangeTallies alone;  // of the second, afterwards
  ProcessCounters before; // of the second: before the first is lost, and at the end
  ProcessCounters after;
};

// `role` has a reference with a second address. On the calling thread, with which both guests end.
Result<FailoverReport> runFailover(const ReferenceState &state, const DhcpRole &role, FailoverWay way);

} // namespace hotgate::harness
