#include "harness/agent/service_control.h"

#include "harness/agent/windows_support.h"

#include <memory>
#include <type_traits>
#include <winsvc.h>

namespace hotgate::harness::agent {
namespace {

using nlohmann::json;

constexpr DWORD pollMs = 20;
constexpr DWORD restartDelayMs = 1000;

struct ServiceCloser {
  void operator()(SC_HANDLE handle) const { CloseServiceHandle(handle); }
};
using UniqueService = std::unique_ptr<std::remove_pointer_t<SC_HANDLE>, ServiceCloser>;

std::string entity(const std::string &name) { return "service " + name; }

Outcome<UniqueService> openManager() {
  UniqueService manager(OpenSCManagerW(nullptr, nullptr, SC_MANAGER_ALL_ACCESS));
  if (!manager)
    return refuseLastError("service control manager", "OpenSCManager", "run the agent as administrator");
  return manager;
}

Outcome<UniqueService> openService(const std::string &name) {
  AGENT_TRY(const UniqueService manager, openManager());
  UniqueService service(OpenServiceW(manager.get(), wide(name).c_str(), SERVICE_ALL_ACCESS));
  if (!service)
    return refuseLastError(entity(name), "OpenService", "install it with service-install");
  return service;
}

std::string stateName(DWORD state) {
  switch (state) {
  case SERVICE_STOPPED:
    return "stopped";
  case SERVICE_START_PENDING:
    return "start-pending";
  case SERVICE_STOP_PENDING:
    return "stop-pending";
  case SERVICE_RUNNING:
    return "running";
  case SERVICE_CONTINUE_PENDING:
    return "continue-pending";
  case SERVICE_PAUSE_PENDING:
    return "pause-pending";
  case SERVICE_PAUSED:
    return "paused";
  default:
    return fmt::format("unknown ({})", state);
  }
}

Outcome<SERVICE_STATUS_PROCESS> statusOf(const std::string &name, SC_HANDLE service) {
  SERVICE_STATUS_PROCESS status{};
  DWORD needed = 0;
  if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, reinterpret_cast<BYTE *>(&status), sizeof status, &needed))
    return refuseLastError(entity(name), "QueryServiceStatusEx");
  return status;
}

// Until the service has the state. A service that stops while it should start has failed: no need to wait longer.
Outcome<SERVICE_STATUS_PROCESS> waitFor(const std::string &name, SC_HANDLE service, DWORD wanted, uint32_t deadlineMs) {
  for (const ULONGLONG end = GetTickCount64() + deadlineMs;;) {
    AGENT_TRY(const auto status, statusOf(name, service));
    if (status.dwCurrentState == wanted)
      return status;
    const bool failed = wanted == SERVICE_RUNNING && status.dwCurrentState == SERVICE_STOPPED;
    if (failed || GetTickCount64() >= end)
      return refuse(entity(name), "",
                    fmt::format("it is {} and not {}{}, exit code {}", stateName(status.dwCurrentState),
                                stateName(wanted), failed ? "" : fmt::format(" after {} ms", deadlineMs),
                                status.dwWin32ExitCode),
                    "look at the service's log");
    Sleep(pollMs);
  }
}

// As an administrator sets a server's service up: started again, every time, one second after its process crashed.
Outcome<> setRecoveryActions(const std::string &name, SC_HANDLE service) {
  SC_ACTION action{SC_ACTION_RESTART, restartDelayMs};
  SERVICE_FAILURE_ACTIONSW actions{};
  actions.dwResetPeriod = INFINITE; // the first action for every crash
  actions.cActions = 1;
  actions.lpsaActions = &action;
  if (!ChangeServiceConfig2W(service, SERVICE_CONFIG_FAILURE_ACTIONS, &actions))
    return refuseLastError(entity(name), "ChangeServiceConfig2");
  return {};
}

} // namespace

Outcome<json> installService(const std::string &name, const std::string &program, const std::string &arguments) {
  AGENT_TRY(const UniqueService manager, openManager());
  const std::string command = "\"" + program + "\"" + (arguments.empty() ? "" : " " + arguments);
  const UniqueService service(CreateServiceW(manager.get(), wide(name).c_str(), wide(name).c_str(), SERVICE_ALL_ACCESS,
                                             SERVICE_WIN32_OWN_PROCESS, SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL,
                                             wide(command).c_str(), nullptr, nullptr, nullptr, nullptr, nullptr));
  if (!service)
    return refuseLastError(entity(name), "CreateService", "delete an older service of that name first");
  // Wine 8 takes the actions, and its services.exe never does them.
  const bool restarts = wineVersion() == nullptr;
  if (restarts)
    AGENT_CHECK(setRecoveryActions(name, service.get()));
  return json{{"restarts", restarts}};
}

Outcome<json> startService(const std::string &name, uint32_t deadlineMs) {
  AGENT_TRY(const UniqueService service, openService(name));
  if (!StartServiceW(service.get(), 0, nullptr) && GetLastError() != ERROR_SERVICE_ALREADY_RUNNING)
    return refuseLastError(entity(name), "StartService", "check the program's path and its log");
  AGENT_TRY(const auto status, waitFor(name, service.get(), SERVICE_RUNNING, deadlineMs));
  return json{{"state", stateName(status.dwCurrentState)}, {"pid", status.dwProcessId}};
}

Outcome<json> stopService(const std::string &name, uint32_t deadlineMs) {
  AGENT_TRY(const UniqueService service, openService(name));
  SERVICE_STATUS status{};
  if (!ControlService(service.get(), SERVICE_CONTROL_STOP, &status) && GetLastError() != ERROR_SERVICE_NOT_ACTIVE)
    return refuseLastError(entity(name), "ControlService", "end its process with stop");
  AGENT_TRY(const auto stopped, waitFor(name, service.get(), SERVICE_STOPPED, deadlineMs));
  return json{{"state", stateName(stopped.dwCurrentState)}};
}

Outcome<json> queryService(const std::string &name) {
  AGENT_TRY(const UniqueService service, openService(name));
  AGENT_TRY(const auto status, statusOf(name, service.get()));
  return json{{"state", stateName(status.dwCurrentState)},
              {"pid", status.dwProcessId != 0 ? json(status.dwProcessId) : json(nullptr)},
              {"exit_code", status.dwWin32ExitCode}};
}

// A deleted service is only marked so while its process, which has stopped serving, is not gone yet: its name cannot be
// installed again (ERROR_SERVICE_MARKED_FOR_DELETE). On a busy machine that takes seconds.
Outcome<json> deleteService(const std::string &name, uint32_t deadlineMs) {
  {
    AGENT_TRY(const UniqueService service, openService(name));
    if (!DeleteService(service.get()))
      return refuseLastError(entity(name), "DeleteService");
  }
  AGENT_TRY(const UniqueService manager, openManager());
  for (const ULONGLONG end = GetTickCount64() + deadlineMs;; Sleep(pollMs)) {
    const UniqueService left(OpenServiceW(manager.get(), wide(name).c_str(), SERVICE_QUERY_STATUS));
    if (!left && GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST)
      return json::object();
    if (GetTickCount64() >= end)
      return refuse(entity(name), "", fmt::format("it is marked for deletion and still there after {} ms", deadlineMs),
                    "end its process with stop");
  }
}

} // namespace hotgate::harness::agent
