#include "analyzer/code/api_effects.h"

#include <algorithm>
#include <array>

namespace hotgate::analyzer {

namespace {

using enum ResourceFamily;
using enum Refusal;

// By name. "Try" variants may take or not, which the caller's test of the result decides: nullResult.
constexpr std::array effects{
    ApiEffect{"AcquireSRWLockExclusive", lock, +1, none},
    ApiEffect{"AcquireSRWLockShared", lock, +1, none},
    ApiEffect{"CloseHandle", handle, -1, none},
    ApiEffect{"CoTaskMemAlloc", memory, +1, nullResult},
    ApiEffect{"CoTaskMemFree", memory, -1, none},
    ApiEffect{"CreateEventA", handle, +1, nullResult},
    ApiEffect{"CreateEventW", handle, +1, nullResult},
    ApiEffect{"CreateFileA", handle, +1, nullResult},
    ApiEffect{"CreateFileMappingA", handle, +1, nullResult},
    ApiEffect{"CreateFileMappingW", handle, +1, nullResult},
    ApiEffect{"CreateFileW", handle, +1, nullResult},
    ApiEffect{"CreateMutexA", handle, +1, nullResult},
    ApiEffect{"CreateMutexW", handle, +1, nullResult},
    ApiEffect{"CreateSemaphoreA", handle, +1, nullResult},
    ApiEffect{"CreateSemaphoreW", handle, +1, nullResult},
    ApiEffect{"CreateThread", handle, +1, nullResult},
    ApiEffect{"EnterCriticalSection", lock, +1, none},
    ApiEffect{"FreeLibrary", library, -1, none},
    ApiEffect{"GlobalAlloc", memory, +1, nullResult},
    ApiEffect{"GlobalFree", memory, -1, none},
    ApiEffect{"HeapAlloc", memory, +1, nullResult},
    ApiEffect{"HeapFree", memory, -1, none},
    ApiEffect{"LeaveCriticalSection", lock, -1, none},
    ApiEffect{"LoadLibraryA", library, +1, nullResult},
    ApiEffect{"LoadLibraryExA", library, +1, nullResult},
    ApiEffect{"LoadLibraryExW", library, +1, nullResult},
    ApiEffect{"LoadLibraryW", library, +1, nullResult},
    ApiEffect{"LocalAlloc", memory, +1, nullResult},
    ApiEffect{"LocalFree", memory, -1, none},
    ApiEffect{"MapViewOfFile", mapping, +1, nullResult},
    ApiEffect{"NtClose", handle, -1, none},
    ApiEffect{"OpenProcess", handle, +1, nullResult},
    ApiEffect{"OpenThread", handle, +1, nullResult},
    ApiEffect{"RegCloseKey", registryKey, -1, none},
    ApiEffect{"RegCreateKeyExA", registryKey, +1, none},
    ApiEffect{"RegCreateKeyExW", registryKey, +1, none},
    ApiEffect{"RegOpenKeyExA", registryKey, +1, none},
    ApiEffect{"RegOpenKeyExW", registryKey, +1, none},
    ApiEffect{"ReleaseSRWLockExclusive", lock, -1, none},
    ApiEffect{"ReleaseSRWLockShared", lock, -1, none},
    ApiEffect{"RtlAcquireSRWLockExclusive", lock, +1, none},
    ApiEffect{"RtlAcquireSRWLockShared", lock, +1, none},
    ApiEffect{"RtlAllocateHeap", memory, +1, nullResult},
    ApiEffect{"RtlEnterCriticalSection", lock, +1, none},
    ApiEffect{"RtlFreeHeap", memory, -1, none},
    ApiEffect{"RtlLeaveCriticalSection", lock, -1, none},
    ApiEffect{"RtlReleaseSRWLockExclusive", lock, -1, none},
    ApiEffect{"RtlReleaseSRWLockShared", lock, -1, none},
    ApiEffect{"SysAllocString", memory, +1, nullResult},
    ApiEffect{"SysAllocStringLen", memory, +1, nullResult},
    ApiEffect{"SysFreeString", memory, -1, none},
    ApiEffect{"TryAcquireSRWLockExclusive", lock, +1, nullResult},
    ApiEffect{"TryAcquireSRWLockShared", lock, +1, nullResult},
    ApiEffect{"TryEnterCriticalSection", lock, +1, nullResult},
    ApiEffect{"UnmapViewOfFile", mapping, -1, none},
    ApiEffect{"VirtualAlloc", memory, +1, nullResult},
    ApiEffect{"VirtualFree", memory, -1, none},
    ApiEffect{"WSASocketA", socket, +1, none},
    ApiEffect{"WSASocketW", socket, +1, none},
    ApiEffect{"accept", socket, +1, none},
    ApiEffect{"calloc", memory, +1, nullResult},
    ApiEffect{"closesocket", socket, -1, none},
    ApiEffect{"free", memory, -1, none},
    ApiEffect{"malloc", memory, +1, nullResult},
    ApiEffect{"socket", socket, +1, none},
};
static_assert(std::ranges::is_sorted(effects, {}, &ApiEffect::name));

struct Wait {
  std::string_view name;
  uint8_t argument; // from 1; 0: none
};
constexpr std::array waits{
    Wait{"ConnectNamedPipe", 0},
    Wait{"GetMessageA", 0},
    Wait{"GetMessageW", 0},
    Wait{"GetQueuedCompletionStatus", 5},
    Wait{"GetQueuedCompletionStatusEx", 5},
    Wait{"MsgWaitForMultipleObjects", 4},
    Wait{"MsgWaitForMultipleObjectsEx", 3},
    Wait{"NtDelayExecution", 0},
    Wait{"NtRemoveIoCompletion", 0},
    Wait{"NtWaitForMultipleObjects", 0},
    Wait{"NtWaitForSingleObject", 0},
    Wait{"SignalObjectAndWait", 3},
    Wait{"Sleep", 1},
    Wait{"SleepConditionVariableCS", 3},
    Wait{"SleepConditionVariableSRW", 3},
    Wait{"SleepEx", 1},
    Wait{"WSAAccept", 0},
    Wait{"WSAPoll", 3},
    Wait{"WSAWaitForMultipleEvents", 4},
    Wait{"WaitForMultipleObjects", 4},
    Wait{"WaitForMultipleObjectsEx", 4},
    Wait{"WaitForSingleObject", 2},
    Wait{"WaitForSingleObjectEx", 2},
    Wait{"WaitMessage", 0},
    Wait{"WaitNamedPipeA", 2},
    Wait{"WaitNamedPipeW", 2},
    Wait{"WaitOnAddress", 4},
    Wait{"accept", 0},
    Wait{"recv", 0},
    Wait{"recvfrom", 0},
    Wait{"select", 0},
};
static_assert(std::ranges::is_sorted(waits, {}, &Wait::name));

} // namespace

std::string_view resourceFamilyName(ResourceFamily family) {
  constexpr std::array<std::string_view, resourceFamilyCount> names{"lock",         "memory",  "handle", "socket",
                                                                    "registry key", "library", "mapping"};
  return names[static_cast<size_t>(family)];
}

const ApiEffect *effectOfApi(std::string_view name) {
  const auto *const found = std::ranges::lower_bound(effects, name, {}, &ApiEffect::name);
  return found != effects.end() && found->name == name ? found : nullptr;
}

std::optional<uint8_t> waitArgumentOf(std::string_view name) {
  const auto *const found = std::ranges::lower_bound(waits, name, {}, &Wait::name);
  return found != waits.end() && found->name == name ? std::optional(found->argument) : std::nullopt;
}

} // namespace hotgate::analyzer
