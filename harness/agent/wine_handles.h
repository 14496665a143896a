// How many handles a process of wine has. wine 8 has no counter for it (GetProcessHandleCount always answers 0), and
// its list of all handles (SystemExtendedHandleInformation) must not be asked for: wineserver 8.0 walks the handle
// table of every process and runs past the end of an empty one, which is what a process has while it starts. It crashes
// then, and every program of the prefix with it.
//
// Limits: the count is not of one moment, since each handle is asked for by itself; a process that changes its handles
// meanwhile gives a count between those before and after.
#pragma once

#include <cstdint>
#include <optional>
#include <windows.h>

namespace hotgate::harness::agent {

// nullopt when the process has ended, or wine does not say. Needs PROCESS_DUP_HANDLE.
[[nodiscard]] std::optional<int64_t> countWineHandles(HANDLE process, uint32_t pid);

} // namespace hotgate::harness::agent
