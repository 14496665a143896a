// The clients of a role as the probe sees them: a number of them, each asked one thing at a time. An interface, so that
// the probe's decisions are tested with scripted clients.
#pragma once

#include "harness/client/client_protocol.h"

namespace hotgate::harness {

class Clients {
public:
  virtual ~Clients() = default;
  // The client must have nothing in flight.
  virtual Result<> ask(const ClientRequest &request) = 0;
  // The next answer of those in flight; there must be one. It comes, at the latest, some seconds after its deadline.
  virtual Result<ClientAnswer> next() = 0;
};

} // namespace hotgate::harness
