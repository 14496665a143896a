#include "harness/agent/counters.h"

#include "harness/agent/process.h"
#include "harness/agent/wine_handles.h"

#include <psapi.h>

namespace hotgate::harness::agent {
namespace {

using nlohmann::json;

json privateBytes(HANDLE process) {
  PROCESS_MEMORY_COUNTERS_EX counters{};
  if (!GetProcessMemoryInfo(process, reinterpret_cast<PROCESS_MEMORY_COUNTERS *>(&counters), sizeof counters))
    return nullptr;
  // wine 8 does not fill PrivateUsage; its PagefileUsage equals Private_Dirty of Linux.
  return wineVersion() ? counters.PagefileUsage : counters.PrivateUsage;
}

json handleCount(HANDLE process, uint32_t pid) {
  if (wineVersion()) {
    const auto count = countWineHandles(process, pid);
    return count ? json(*count) : json(nullptr);
  }
  DWORD count = 0;
  return GetProcessHandleCount(process, &count) ? json(count) : json(nullptr);
}

json threadCount(uint32_t pid) {
  const auto process = Process::open(pid);
  const auto ids = process ? process->threadIds() : tl::unexpected(process.error());
  return ids ? json(ids->size()) : json(nullptr);
}

} // namespace

Outcome<json> readCounters(uint32_t pid, HANDLE kept) {
  json counters{{"alive", false},     {"exit_code", nullptr}, {"private_bytes", nullptr},
                {"threads", nullptr}, {"handles", nullptr},   {"start_time", nullptr}};
  const UniqueHandle opened(kept ? nullptr : OpenProcess(PROCESS_ALL_ACCESS, FALSE, pid));
  const HANDLE process = kept ? kept : opened.get();
  if (!process) {
    if (GetLastError() == ERROR_INVALID_PARAMETER) // no such process
      return counters;
    return refuseLastError(fmt::format("process {}", pid), "OpenProcess", "run the agent as administrator");
  }
  if (const auto created = startTime(process))
    counters["start_time"] = *created;
  if (WaitForSingleObject(process, 0) == WAIT_OBJECT_0) {
    DWORD exitCode = 0;
    if (GetExitCodeProcess(process, &exitCode))
      counters["exit_code"] = exitCode;
    return counters;
  }
  counters["alive"] = true;
  counters["private_bytes"] = privateBytes(process);
  counters["threads"] = threadCount(pid);
  counters["handles"] = handleCount(process, pid);
  return counters;
}

} // namespace hotgate::harness::agent
