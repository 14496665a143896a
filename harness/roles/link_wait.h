// Waiting for the descriptor behind a link.
#pragma once

#include "harness/vm/deadline.h"
#include "support/result.h"

namespace hotgate::harness {

// What poll() says of it (POLLIN, POLLERR, ...), or 0 when the deadline passed first. Errors: fault, of `link`.
Result<short> awaitReady(int descriptor, short event, Deadline deadline, const char *link);

// What happened to a link: a fault of the lab.
Failure linkFailure(const char *link, const std::string &reason);

} // namespace hotgate::harness
