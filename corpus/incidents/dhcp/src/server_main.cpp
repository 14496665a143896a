// The program: see server_main.h. The service's settings are the arguments of its image path.
#include "server_main.h"

#include "server.h"
#include "text.h"

static constexpr char serviceName[] = "HotgateDhcp";
static constexpr size_t messageCapacity = 512;
static constexpr DWORD startFailed = 1; // the service-specific error code

static void Print(DWORD stream, const char *text) {
  DWORD written = 0;
  WriteFile(GetStdHandle(stream), text, static_cast<DWORD>(TextLength(text)), &written, nullptr);
}

static Server *StartFromCommandLine(const char *commandLine, TextBuffer *error) {
  Configuration configuration;
  return ReadConfiguration(commandLine, &configuration, error) ? StartServer(&configuration, error) : nullptr;
}

struct Service {
  SERVICE_STATUS_HANDLE handle;
  HANDLE stop; // null until the server runs
};

static void ReportState(const Service *service, DWORD state, DWORD error) {
  SERVICE_STATUS status = {};
  status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
  status.dwCurrentState = state;
  status.dwControlsAccepted = state == SERVICE_RUNNING ? SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN : 0;
  status.dwWin32ExitCode = error ? ERROR_SERVICE_SPECIFIC_ERROR : 0;
  status.dwServiceSpecificExitCode = error;
  status.dwWaitHint = state == SERVICE_START_PENDING || state == SERVICE_STOP_PENDING ? 10'000 : 0;
  SetServiceStatus(service->handle, &status);
}

static DWORD ServiceControl(DWORD control, DWORD, void *, void *context) {
  auto *service = static_cast<Service *>(context);
  switch (control) {
  case SERVICE_CONTROL_STOP:
  case SERVICE_CONTROL_SHUTDOWN:
    ReportState(service, SERVICE_STOP_PENDING, 0);
    SetEvent(service->stop);
    return 0;
  case SERVICE_CONTROL_INTERROGATE:
    return 0;
  default:
    return ERROR_CALL_NOT_IMPLEMENTED;
  }
}

static void ServiceMain(DWORD, char **) {
  Service service = {};
  service.handle = RegisterServiceCtrlHandlerExA(serviceName, ServiceControl, &service);
  if (!service.handle)
    return;
  ReportState(&service, SERVICE_START_PENDING, 0);
  char message[messageCapacity];
  TextBuffer error = TextIn(message, sizeof message);
  Server *server = StartFromCommandLine(GetCommandLineA(), &error);
  if (!server) {
    ReportState(&service, SERVICE_STOPPED, startFailed);
    return;
  }
  service.stop = server->stop;
  ReportState(&service, SERVICE_RUNNING, 0);
  WaitForSingleObject(server->stop, INFINITE);
  StopServer(server);
  ReportState(&service, SERVICE_STOPPED, 0);
}

static int RunAsService() {
  const SERVICE_TABLE_ENTRYA table[] = {{serviceName, ServiceMain}, {nullptr, nullptr}};
  if (StartServiceCtrlDispatcherA(table))
    return 0;
  if (GetLastError() == ERROR_FAILED_SERVICE_CONTROLLER_CONNECT)
    Print(STD_ERROR_HANDLE, "dhcpsrv: not started by the service manager; use --console\r\n");
  return 1;
}

static int RunInConsole(const char *commandLine) {
  char message[messageCapacity];
  TextBuffer error = TextIn(message, sizeof message);
  Server *server = StartFromCommandLine(commandLine, &error);
  if (!server) {
    Print(STD_ERROR_HANDLE, "dhcpsrv: ");
    Print(STD_ERROR_HANDLE, message);
    Print(STD_ERROR_HANDLE, "\r\n");
    return 2;
  }
  Print(STD_OUTPUT_HANDLE, "ready\r\n");
  WaitForSingleObject(server->stop, INFINITE);
  StopServer(server);
  return 0;
}

// Only --console is looked for here; errors in the settings are reported by the way that was chosen.
static bool WantsConsole(const char *commandLine) {
  constexpr char option[] = "--console";
  for (; *commandLine; ++commandLine) {
    size_t i = 0;
    while (option[i] && commandLine[i] == option[i])
      ++i;
    if (!option[i])
      return true;
  }
  return false;
}

int ServerMain(const char *commandLine) {
  return WantsConsole(commandLine) ? RunInConsole(commandLine) : RunAsService();
}
