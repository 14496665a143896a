// Limits: whether virtualization-based security runs is asked of NtQuerySystemInformation, class 165, whose first bit
// says that the secure kernel runs; the class is published by third parties and not by Microsoft.
#include "harness/agent/system_report.h"

#include "harness/agent/hotpatch_manager.h"
#include "harness/agent/windows_support.h"

#include <array>
#include <charconv>
#include <optional>

namespace hotgate::harness::agent {
namespace {

using nlohmann::json;

constexpr const wchar_t *versionKey = L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";
constexpr const wchar_t *memoryKey = L"SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Memory Management";
constexpr const wchar_t *enrolmentKey =
    L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Update\\TargetingInfo\\DynamicInstalled";
constexpr std::string_view hotpatchPrefix = "Hotpatch.";

// Each is there exactly while somebody waits for a restart.
struct RestartSign {
  const char *who;
  const wchar_t *key;
};
constexpr std::array restartSigns{
    RestartSign{"component servicing",
                L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\RebootPending"},
    RestartSign{"Windows Update",
                L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update\\RebootRequired"},
};

struct KeyCloser {
  using pointer = HKEY;
  void operator()(HKEY key) const { RegCloseKey(key); }
};
using UniqueKey = std::unique_ptr<HKEY, KeyCloser>;

UniqueKey openKey(const std::wstring &path) {
  HKEY key = nullptr;
  return UniqueKey(RegOpenKeyExW(HKEY_LOCAL_MACHINE, path.c_str(), 0, KEY_READ | KEY_WOW64_64KEY, &key) == ERROR_SUCCESS
                       ? key
                       : nullptr);
}

std::optional<uint32_t> registryNumber(const wchar_t *path, const wchar_t *name) {
  const UniqueKey key = openKey(path);
  DWORD value = 0;
  DWORD size = sizeof value;
  if (!key || RegGetValueW(key.get(), nullptr, name, RRF_RT_REG_DWORD, nullptr, &value, &size) != ERROR_SUCCESS)
    return std::nullopt;
  return value;
}

std::string registryText(const std::wstring &path, const wchar_t *name) {
  const UniqueKey key = openKey(path);
  std::array<wchar_t, 256> value{};
  DWORD size = sizeof value;
  if (!key || RegGetValueW(key.get(), nullptr, name, RRF_RT_REG_SZ, nullptr, value.data(), &size) != ERROR_SUCCESS)
    return {};
  return narrow(value.data());
}

json orNull(std::optional<uint32_t> value) { return value ? json(*value) : json(nullptr); }

json enrolment() {
  const UniqueKey key = openKey(enrolmentKey);
  std::array<wchar_t, 256> name{};
  for (DWORD index = 0;
       key && RegEnumKeyW(key.get(), index, name.data(), static_cast<DWORD>(name.size())) == ERROR_SUCCESS; ++index)
    if (narrow(name.data()).starts_with(hotpatchPrefix))
      return {{"name", narrow(name.data())},
              {"version", registryText(std::wstring(enrolmentKey) + L"\\" + name.data(), L"Version")}};
  return nullptr;
}

json pendingRestart() {
  json reasons = json::array();
  for (const RestartSign &sign : restartSigns)
    if (openKey(sign.key))
      reasons.push_back(sign.who);
  return reasons;
}

json secureKernelRuns() {
  constexpr ULONG isolatedUserModeInformation = 165;
  std::array<uint8_t, 16> information{};
  using Query = LONG(WINAPI *)(ULONG, void *, ULONG, ULONG *);
  const auto query = reinterpret_cast<Query>(
      reinterpret_cast<void *>(GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "NtQuerySystemInformation")));
  if (query == nullptr || query(isolatedUserModeInformation, information.data(), information.size(), nullptr) < 0)
    return nullptr;
  return (information[0] & 1U) != 0;
}

std::string architecture() {
  SYSTEM_INFO system{};
  GetNativeSystemInfo(&system);
  if (system.wProcessorArchitecture == PROCESSOR_ARCHITECTURE_AMD64)
    return "x64";
  return system.wProcessorArchitecture == PROCESSOR_ARCHITECTURE_ARM64
             ? "arm64"
             : fmt::format("unknown ({})", system.wProcessorArchitecture);
}

// 100 ns since 1601, as the start times of processes.
uint64_t bootTime() {
  FILETIME now{};
  GetSystemTimeAsFileTime(&now);
  return (uint64_t{now.dwHighDateTime} << 32U | now.dwLowDateTime) - GetTickCount64() * 10'000;
}

} // namespace

Outcome<json> systemReport() {
  const std::string build = registryText(versionKey, L"CurrentBuildNumber");
  int64_t number = 0;
  std::from_chars(build.data(), build.data() + build.size(), number);
  DWORD product = 0;
  GetProductInfo(10, 0, 0, 0, &product);
  const char *wine = wineVersion();
  const auto hotPatch = hotPatchSwitch();
  return json{
      {"wine", wine ? json(wine) : json(nullptr)},
      {"architecture", architecture()},
      {"build", number},
      {"revision", registryNumber(versionKey, L"UBR").value_or(0)},
      {"product", product},
      {"vbs_running", secureKernelRuns()},
      {"hot_patch_table_size", orNull(registryNumber(memoryKey, L"HotPatchTableSize"))},
      {"hot_patch_restrictions", orNull(registryNumber(memoryKey, L"HotPatchRestrictions"))},
      {"enrolment", enrolment()},
      {"hot_patch_switch", hotPatch ? json{{"status", hotPatch->status}, {"flags", hotPatch->flags}} : json(nullptr)},
      {"pending_restart", pendingRestart()},
      {"boot_time", bootTime()}};
}

} // namespace hotgate::harness::agent
