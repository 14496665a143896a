// The soak: several clients at once, each asked again as soon as it is done, the process's counters sampled as the
// transactions go, and the end when the server has fallen silent. The same for all roles; what a client does in its
// turn stands behind SoakClients (the clients of hotgate-client, or DHCP's state machine on the raw link).
#pragma once

#include "harness/roles/role.h"
#include "harness/roles/role_probe.h"

namespace hotgate::harness {

class SoakClients {
public:
  virtual ~SoakClients() = default;

  // The client, which has nothing in flight, asks what its turn is.
  virtual Result<> beginTurn(int client) = 0;
  // What became of the next exchange that is answered or has run out of time; one must be in flight.
  struct Step {
    int client = 0;
    bool isHeard = false;       // the server said something, in time or late
    bool isTransaction = false; // the service did what it is there for: counted, and sampled by
    bool isTurnOver = true;     // the client has nothing in flight any more
  };
  virtual Result<Step> next() = 0;
  [[nodiscard]] virtual bool isIdle() const = 0;

  // The last that comes of what is in flight, for one more deadline; nothing is in flight afterwards. A client that
  // begins a turn after that starts over.
  struct Rest {
    bool isHeard = false;
    int64_t transactions = 0;
  };
  virtual Result<Rest> drain() = 0;
  // Of all exchanges since the last call.
  virtual ExchangeTallies takeTallies() = 0;
};

// With so many clients, numbered from 0, until `goesOn` says that nothing more is asked, or nothing was answered for
// the role's hang deadlines and one more.
Result<SoakReport> runSoak(SoakClients &clients, const Role &role, int count, const RoleProbe::GoesOn &goesOn,
                           const RoleProbe::Sample &sample);

// The load that lab.yaml or the role's file asks for, in whole.
inline RoleProbe::GoesOn untilAllAreSent(int64_t requests) {
  return [requests](int64_t begun) -> Result<bool> { return begun < requests; };
}
inline Result<> takesNoSample(int64_t /*transactions*/) { return {}; }

} // namespace hotgate::harness
