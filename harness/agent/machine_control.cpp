#include "harness/agent/machine_control.h"

#include "harness/agent/process.h"

namespace hotgate::harness::agent {
namespace {

using nlohmann::json;

int digitOf(char character) {
  if (character >= '0' && character <= '9')
    return character - '0';
  return character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
}

Outcome<std::vector<uint8_t>> bytesOf(const std::string &hex) {
  std::vector<uint8_t> bytes;
  bytes.reserve(hex.size() / 2);
  for (size_t at = 0; at < hex.size(); at += 2) {
    const int high = digitOf(hex[at]);
    const int low = at + 1 < hex.size() ? digitOf(hex[at + 1]) : -1;
    if (high < 0 || low < 0)
      return refuse("request", "bytes", "it must be lower-case hex", "see the agent's README");
    bytes.push_back(static_cast<uint8_t>(high * 16 + low));
  }
  return bytes;
}

// A token may hold a privilege that is not in force.
Outcome<> enableShutdown() {
  HANDLE opened = nullptr;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &opened))
    return refuseLastError("agent", "OpenProcessToken");
  const UniqueHandle token(opened);
  TOKEN_PRIVILEGES wanted{};
  wanted.PrivilegeCount = 1;
  wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
  if (!LookupPrivilegeValueW(nullptr, L"SeShutdownPrivilege", &wanted.Privileges[0].Luid) ||
      !AdjustTokenPrivileges(token.get(), FALSE, &wanted, 0, nullptr, nullptr) || GetLastError() != ERROR_SUCCESS)
    return refuseLastError("agent", "AdjustTokenPrivileges", "run the agent as administrator or as SYSTEM");
  return {};
}

} // namespace

Outcome<json> writeFile(const std::string &path, uint64_t offset, const std::string &hex) {
  AGENT_TRY(const std::vector<uint8_t> bytes, bytesOf(hex));
  const std::wstring name = wide(path);
  for (size_t at = name.find(L'\\', 3); at != std::wstring::npos; at = name.find(L'\\', at + 1))
    CreateDirectoryW(name.substr(0, at).c_str(), nullptr); // most are there already; opening the file says what is not
  UniqueHandle file(CreateFileW(name.c_str(), GENERIC_WRITE, FILE_SHARE_READ, nullptr,
                                offset == 0 ? CREATE_ALWAYS : OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr));
  if (file.get() == INVALID_HANDLE_VALUE) {
    file.release(); // NOLINT(bugprone-unused-return-value): INVALID_HANDLE_VALUE is nothing to close
    return refuseLastError(path, "CreateFile", "check the folder");
  }
  LARGE_INTEGER place{};
  place.QuadPart = static_cast<LONGLONG>(offset);
  DWORD written = 0;
  LARGE_INTEGER size{};
  if (!SetFilePointerEx(file.get(), place, nullptr, FILE_BEGIN) ||
      !WriteFile(file.get(), bytes.data(), static_cast<DWORD>(bytes.size()), &written, nullptr) ||
      written != bytes.size() || !GetFileSizeEx(file.get(), &size))
    return refuseLastError(path, "WriteFile", "free space on the drive");
  return json{{"size", size.QuadPart}};
}

Outcome<json> runToEnd(const StartOptions &options, uint32_t deadlineMs) {
  AGENT_TRY(const StartedProcess child, startProcess(options));
  if (WaitForSingleObject(child.handle.get(), deadlineMs) != WAIT_OBJECT_0)
    return refuse(options.program, "", fmt::format("it still runs after {} ms", deadlineMs),
                  "look at the machine; give it more time");
  DWORD exitCode = 0;
  if (!GetExitCodeProcess(child.handle.get(), &exitCode))
    return refuseLastError(options.program, "GetExitCodeProcess");
  return json{{"exit_code", exitCode}};
}

Outcome<json> restartMachine() {
  if (wineVersion() != nullptr)
    return refuse("machine", "", "not here: wine is no machine that could restart", "restart the service");
  AGENT_CHECK(enableShutdown());
  constexpr DWORD seconds = 1; // so that this answer goes out first
  if (!InitiateSystemShutdownExW(nullptr, nullptr, seconds, /*bForceAppsClosed=*/TRUE, /*bRebootAfterShutdown=*/TRUE,
                                 SHTDN_REASON_MAJOR_OPERATINGSYSTEM | SHTDN_REASON_MINOR_HOTFIX |
                                     SHTDN_REASON_FLAG_PLANNED))
    return refuseLastError("machine", "InitiateSystemShutdownEx", "run the agent as administrator or as SYSTEM");
  return json::object();
}

} // namespace hotgate::harness::agent
