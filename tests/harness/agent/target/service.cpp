// The smallest Windows service: runs until it is stopped. With an argument it is a program that sleeps.
using Handle = void *;

struct ServiceStatus {
  unsigned long type, state, accepted, win32ExitCode, specificExitCode, checkPoint, waitHint;
};
using ServiceMain = void (*)(unsigned long, char **);
struct ServiceEntry {
  const char *name;
  ServiceMain main;
};

extern "C" {
__declspec(dllimport) int StartServiceCtrlDispatcherA(const ServiceEntry *);
__declspec(dllimport) Handle RegisterServiceCtrlHandlerA(const char *, void (*)(unsigned long));
__declspec(dllimport) int SetServiceStatus(Handle, ServiceStatus *);
__declspec(dllimport) Handle CreateEventA(void *, int manual, int initial, const char *name);
__declspec(dllimport) int SetEvent(Handle);
__declspec(dllimport) unsigned long WaitForSingleObject(Handle, unsigned long);
__declspec(dllimport) const char *GetCommandLineA();
[[noreturn]] __declspec(dllimport) void ExitProcess(unsigned int);
}

namespace {

constexpr unsigned long stopped = 1;
constexpr unsigned long running = 4;
constexpr unsigned long stopControl = 1;
constexpr unsigned long infinite = 0xFFFFFFFF;

Handle status = nullptr;
Handle stopRequest = nullptr;

void report(unsigned long state) {
  ServiceStatus now{0x10, state, state == running ? 1UL : 0UL, 0, 0, 0, 0};
  SetServiceStatus(status, &now);
}

void control(unsigned long code) {
  if (code == stopControl)
    SetEvent(stopRequest);
}

void serve(unsigned long, char **) {
  status = RegisterServiceCtrlHandlerA("HotgateAgentTest", control);
  report(running);
  WaitForSingleObject(stopRequest, infinite);
  report(stopped);
}

// "...\service.exe" sleep
bool hasArgument(const char *commandLine) {
  const char *end = commandLine;
  while (*end)
    ++end;
  return end - commandLine > 5 && end[-5] == 's' && end[-1] == 'p';
}

} // namespace

extern "C" void Start() {
  stopRequest = CreateEventA(nullptr, 1, 0, nullptr);
  if (hasArgument(GetCommandLineA()))
    WaitForSingleObject(stopRequest, infinite);
  const ServiceEntry table[]{{"HotgateAgentTest", serve}, {nullptr, nullptr}};
  StartServiceCtrlDispatcherA(table);
  ExitProcess(0);
}
