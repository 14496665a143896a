#include "harness/agent/wine_handles.h"

#include "harness/agent/windows_support.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>
#include <winternl.h>

namespace hotgate::harness::agent {
namespace {

constexpr DWORD endMs = 10'000;
constexpr ULONG maxHandles = 1U << 20U;

// The room in the process's table of handles, used or not: what wine answers as HandleCount.
std::optional<ULONG> tableRoom(uint32_t pid) {
  constexpr LONG lengthMismatch = static_cast<LONG>(0xC0000004);
  for (size_t size = size_t{1} << 16U; size <= size_t{1} << 24U; size *= 2) {
    std::vector<std::byte> buffer(size);
    const LONG status =
        NtQuerySystemInformation(SystemProcessInformation, buffer.data(), static_cast<ULONG>(size), nullptr);
    if (status == lengthMismatch)
      continue;
    for (size_t offset = 0; status == 0 && offset <= size - sizeof(SYSTEM_PROCESS_INFORMATION);) {
      const auto *process = reinterpret_cast<const SYSTEM_PROCESS_INFORMATION *>(buffer.data() + offset);
      if (reinterpret_cast<uintptr_t>(process->UniqueProcessId) == pid)
        return process->HandleCount;
      if (process->NextEntryOffset == 0)
        break;
      offset += process->NextEntryOffset;
    }
    return std::nullopt;
  }
  return std::nullopt;
}

// A process that has ended: this program once more, which never runs. It can be given no handle.
HANDLE endedProcess() {
  static const UniqueHandle ended = [] {
    std::array<wchar_t, 4096> program{};
    STARTUPINFOW startup{};
    startup.cb = sizeof startup;
    PROCESS_INFORMATION started{};
    if (GetModuleFileNameW(nullptr, program.data(), program.size()) == 0 ||
        !CreateProcessW(program.data(), nullptr, nullptr, nullptr, FALSE, CREATE_SUSPENDED, nullptr, nullptr, &startup,
                        &started))
      return UniqueHandle();
    CloseHandle(started.hThread);
    UniqueHandle process(started.hProcess);
    TerminateProcess(process.get(), 0);
    return WaitForSingleObject(process.get(), endMs) == WAIT_OBJECT_0 ? std::move(process) : UniqueHandle();
  }();
  return ended.get();
}

// Asked for without touching it: wineserver first looks the handle up and then finds that the receiver has ended. A
// duplicate, were it only for microseconds, would keep open a file or a port that the service closes just then.
bool isHandle(HANDLE process, uintptr_t value, HANDLE ended) {
  HANDLE unused = nullptr;
  return !DuplicateHandle(process, reinterpret_cast<HANDLE>(value), ended, &unused, 0, FALSE, DUPLICATE_SAME_ACCESS) &&
         GetLastError() != ERROR_INVALID_HANDLE;
}

} // namespace

std::optional<int64_t> countWineHandles(HANDLE process, uint32_t pid) {
  const auto room = tableRoom(pid);
  const HANDLE ended = endedProcess();
  if (!room || ended == nullptr)
    return std::nullopt;
  int64_t count = 0;
  for (uintptr_t index = 1; index <= std::min(*room, maxHandles); ++index)
    count += isHandle(process, 4 * index, ended) ? 1 : 0;
  if (WaitForSingleObject(process, 0) == WAIT_OBJECT_0)
    return std::nullopt;
  return count;
}

} // namespace hotgate::harness::agent
