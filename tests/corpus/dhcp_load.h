// Load on the server: several clients, each with one request in flight.
#pragma once

#include "tests/corpus/dhcp_client.h"

namespace hotgate::corpus_test {

enum class Mix {
  lifeCycles, // DISCOVER, REQUEST, two renewals, a rebind, RELEASE, and again
  renewals,   // a lease once, then renewals only
};

struct LoadResult {
  int requests = 0; // sent, RELEASE left out: it has no answer
  int renewals = 0; // renewals and rebinds among them
  int acknowledged = 0;
  int lost = 0; // without the right answer within the patience
};

struct Load {
  uint32_t firstClient = 1; // clients are told from each other by number
  int clients = 8;
  int requests = 400;
  Mix mix = Mix::lifeCycles;
  std::chrono::milliseconds patience = std::chrono::seconds(2);
};

// Ends early when every client has lost a request.
LoadResult runLoad(const Endpoint &endpoint, const Load &load);

} // namespace hotgate::corpus_test
