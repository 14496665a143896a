#include "harness/agent/counters.h"

#include "harness/agent/process.h"

#include <algorithm>
#include <cstddef>
#include <psapi.h>
#include <vector>

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

// The system's list of all handles, one entry each; GetProcessHandleCount of wine 8 always answers 0.
json countInSystemList(uint32_t pid) {
  struct Entry {
    void *object;
    uintptr_t pid;
    uintptr_t handle;
    ULONG access;
    USHORT backTrace, type;
    ULONG attributes, reserved;
  };
  struct List {
    uintptr_t count;
    uintptr_t reserved;
    Entry entries[1]; // NOLINT(*-avoid-c-arrays): the system's form
  };
  constexpr ULONG extendedHandleInformation = 64;
  constexpr LONG lengthMismatch = static_cast<LONG>(0xC0000004);
  using Query = LONG(WINAPI *)(ULONG, void *, ULONG, ULONG *);
  const auto query = reinterpret_cast<Query>(
      reinterpret_cast<void *>(GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "NtQuerySystemInformation")));
  for (size_t size = size_t{1} << 16U; query != nullptr && size <= size_t{1} << 26U; size *= 2) {
    std::vector<std::byte> buffer(size);
    const LONG status = query(extendedHandleInformation, buffer.data(), static_cast<ULONG>(size), nullptr);
    if (status == lengthMismatch)
      continue;
    const auto *list = reinterpret_cast<const List *>(buffer.data());
    if (status != 0 || list->count > (size - offsetof(List, entries)) / sizeof(Entry))
      return nullptr;
    return std::count_if(list->entries, list->entries + list->count,
                         [pid](const Entry &entry) { return entry.pid == pid; });
  }
  return nullptr;
}

json handleCount(HANDLE process, uint32_t pid) {
  if (wineVersion())
    return countInSystemList(pid);
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
