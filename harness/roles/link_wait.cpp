#include "harness/roles/link_wait.h"

#include <cerrno>
#include <cstring>
#include <poll.h>

namespace hotgate::harness {

Failure linkFailure(const char *link, const std::string &reason) {
  return failFault(link, "", reason, "the run counts as a lab fault; run it again");
}

Result<short> awaitReady(int descriptor, short event, Deadline deadline, const char *link) {
  pollfd entry{descriptor, event, 0};
  for (;;) {
    const int ready = poll(&entry, 1, millisecondsUntil(deadline));
    if (ready >= 0)
      return ready == 0 ? short{0} : entry.revents;
    if (errno != EINTR)
      return linkFailure(link, std::strerror(errno));
  }
}

} // namespace hotgate::harness
