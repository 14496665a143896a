#include "harness/agent/process.h"

#include <algorithm>
#include <tlhelp32.h>

namespace hotgate::harness::agent {
namespace {

Outcome<UniqueHandle> snapshot(const std::string &entity, DWORD what, uint32_t pid) {
  UniqueHandle handle(CreateToolhelp32Snapshot(what, pid));
  if (handle.get() == INVALID_HANDLE_VALUE) {
    handle.release(); // NOLINT(bugprone-unused-return-value): INVALID_HANDLE_VALUE is nothing to close
    return refuseLastError(entity, "CreateToolhelp32Snapshot", "check that the process is alive");
  }
  return handle;
}

Outcome<UniqueHandle> openStream(const std::string &path, DWORD access, DWORD disposition) {
  SECURITY_ATTRIBUTES inheritable{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
  UniqueHandle handle(CreateFileW(wide(path).c_str(), access, FILE_SHARE_READ | FILE_SHARE_WRITE, &inheritable,
                                  disposition, FILE_ATTRIBUTE_NORMAL, nullptr));
  if (handle.get() == INVALID_HANDLE_VALUE) {
    handle.release(); // NOLINT(bugprone-unused-return-value): INVALID_HANDLE_VALUE is nothing to close
    return refuseLastError(path, "CreateFile", "check the folder");
  }
  return handle;
}

} // namespace

Outcome<std::vector<ProcessEntry>> listProcesses() {
  AGENT_TRY(const UniqueHandle handle, snapshot("processes", TH32CS_SNAPPROCESS, 0));
  std::vector<ProcessEntry> entries;
  PROCESSENTRY32W entry{};
  entry.dwSize = sizeof entry;
  for (BOOL more = Process32FirstW(handle.get(), &entry); more; more = Process32NextW(handle.get(), &entry))
    entries.push_back({entry.th32ProcessID, entry.th32ParentProcessID, narrow(entry.szExeFile)});
  std::sort(entries.begin(), entries.end(), [](const auto &a, const auto &b) { return a.pid < b.pid; });
  return entries;
}

Outcome<Process> Process::open(uint32_t pid) {
  UniqueHandle handle(OpenProcess(PROCESS_ALL_ACCESS, FALSE, pid));
  if (!handle)
    return refuseLastError(fmt::format("process {}", pid), "OpenProcess", "check the PID with processes");
  DWORD exitCode = 0;
  if (WaitForSingleObject(handle.get(), 0) == WAIT_OBJECT_0 && GetExitCodeProcess(handle.get(), &exitCode))
    return refuse(fmt::format("process {}", pid), "", fmt::format("it has ended, exit code {:#x}", exitCode),
                  "start it again");
  return Process(pid, std::move(handle));
}

Outcome<std::vector<Module>> Process::modules() const {
  AGENT_TRY(const UniqueHandle handle, snapshot(entity(), TH32CS_SNAPMODULE, pid_));
  std::vector<Module> modules;
  MODULEENTRY32W entry{};
  entry.dwSize = sizeof entry;
  for (BOOL more = Module32FirstW(handle.get(), &entry); more; more = Module32NextW(handle.get(), &entry))
    modules.push_back({narrow(entry.szModule), narrow(entry.szExePath), reinterpret_cast<uint64_t>(entry.modBaseAddr),
                       entry.modBaseSize});
  return modules;
}

Outcome<Module> Process::module(const std::string &name) const {
  AGENT_TRY(const auto all, modules());
  const auto found = std::find_if(all.begin(), all.end(), [&](const Module &m) { return sameName(m.name, name); });
  if (found == all.end())
    return refuse(entity(), name, "the process has no such module", "give the module's file name, as in dhcpsrv.exe");
  return *found;
}

Outcome<std::vector<uint32_t>> Process::threadIds() const {
  AGENT_TRY(const UniqueHandle handle, snapshot(entity(), TH32CS_SNAPTHREAD, 0));
  std::vector<uint32_t> ids;
  THREADENTRY32 entry{};
  entry.dwSize = sizeof entry;
  for (BOOL more = Thread32First(handle.get(), &entry); more; more = Thread32Next(handle.get(), &entry))
    if (entry.th32OwnerProcessID == pid_)
      ids.push_back(entry.th32ThreadID);
  std::sort(ids.begin(), ids.end());
  return ids;
}

Outcome<StartedProcess> startProcess(const StartOptions &options) {
  AGENT_TRY(const UniqueHandle input, openStream("NUL", GENERIC_READ, OPEN_EXISTING));
  const bool toFile = !options.output.empty();
  AGENT_TRY(const UniqueHandle output,
            openStream(toFile ? options.output : "NUL", GENERIC_WRITE, toFile ? CREATE_ALWAYS : OPEN_EXISTING));
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  startup.dwFlags = STARTF_USESTDHANDLES;
  startup.hStdInput = input.get();
  startup.hStdOutput = output.get();
  startup.hStdError = output.get();
  std::wstring commandLine = L"\"" + wide(options.program) + L"\"";
  if (!options.arguments.empty())
    commandLine += L" " + wide(options.arguments);
  const std::wstring directory = wide(options.directory);
  PROCESS_INFORMATION information{};
  if (!CreateProcessW(wide(options.program).c_str(), commandLine.data(), nullptr, nullptr, TRUE,
                      CREATE_NEW_PROCESS_GROUP, nullptr, directory.empty() ? nullptr : directory.c_str(), &startup,
                      &information))
    return refuseLastError(options.program, "CreateProcess", "give the full path of a program");
  CloseHandle(information.hThread);
  return StartedProcess{information.dwProcessId, UniqueHandle(information.hProcess)};
}

std::optional<uint64_t> startTime(HANDLE process) {
  FILETIME created{};
  FILETIME exited{};
  FILETIME kernel{};
  FILETIME user{};
  if (!GetProcessTimes(process, &created, &exited, &kernel, &user))
    return std::nullopt;
  return uint64_t{created.dwHighDateTime} << 32 | created.dwLowDateTime;
}

} // namespace hotgate::harness::agent
