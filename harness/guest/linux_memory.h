// Private memory of a wine process as the guest's Linux counts it, page by page.
//
// Why not wine's own counter: it is RssAnon, which Linux 6.1 updates for each thread only every 64 page faults. A leak
// of 2 KB for each request on four threads then shows as one step of a megabyte after some hundred requests, and no
// slope.
#pragma once

#include "harness/guest/guest_agent.h"

#include <optional>

namespace hotgate::harness {

// The Linux process that runs this module ("dhcpsrv.exe"). Fault when there is none or more than one.
Result<int64_t> findLinuxProcess(GuestAgent &files, const std::string &module, Deadline deadline);

// Private_Dirty of /proc/PID/smaps_rollup, bytes.
Result<int64_t> privateDirtyBytes(GuestAgent &files, int64_t linuxPid, Deadline deadline);

// The same, from the file's text. nullopt when it is not there or not a number.
std::optional<int64_t> parsePrivateDirty(std::string_view smapsRollup);

} // namespace hotgate::harness
