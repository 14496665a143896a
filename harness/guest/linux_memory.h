// Private memory of a wine process as the guest's Linux counts it, page by page.
//
// Why not wine's own counter: it is RssAnon, which Linux 6.1 updates for each thread only every 64 page faults. A leak
// of 2 KB for each request on four threads then shows as one step of a megabyte after some hundred requests, and no
// slope.
#pragma once

#include "harness/guest/guest_agent.h"

#include <functional>
#include <optional>
#include <vector>

namespace hotgate::harness {

// The only Linux process that runs this module ("dhcpsrv.exe"), of those that `list` names. A restarted service has two
// for a moment, on a busy machine for seconds: it says that it has stopped before its process is gone. So the list is
// asked for again, a while. Fault when there is still none or more than one then.
using ProcessList = std::function<Result<std::vector<int64_t>>()>;
Result<int64_t> awaitOnlyProcess(const std::string &module, const ProcessList &list, Deadline deadline);

// The same, of the processes in a guest.
Result<int64_t> findLinuxProcess(GuestAgent &files, const std::string &module, Deadline deadline);

// Private_Dirty of /proc/PID/smaps_rollup, bytes.
Result<int64_t> privateDirtyBytes(GuestAgent &files, int64_t linuxPid, Deadline deadline);

// The same, from the file's text. nullopt when it is not there or not a number.
std::optional<int64_t> parsePrivateDirty(std::string_view smapsRollup);

} // namespace hotgate::harness
