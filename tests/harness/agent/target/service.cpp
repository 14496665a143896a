// The smallest Windows service: runs until it is stopped. With the argument "linger" its process outlives its stop by a
// second and a half; with "sleep" it is a program that sleeps.
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

// "...\service.exe" sleep
bool hasArgument(const char *argument) {
  const char *commandLine = GetCommandLineA();
  const char *end = commandLine;
  while (*end)
    ++end;
  const char *last = argument;
  while (*last)
    ++last;
  while (last != argument && end != commandLine)
    if (*--last != *--end)
      return false;
  return last == argument;
}

void serve(unsigned long, char **) {
  status = RegisterServiceCtrlHandlerA("HotgateAgentTest", control);
  report(running);
  WaitForSingleObject(stopRequest, infinite);
  report(stopped);
}

} // namespace

extern "C" void Start() {
  stopRequest = CreateEventA(nullptr, 1, 0, nullptr);
  if (hasArgument("sleep"))
    WaitForSingleObject(stopRequest, infinite);
  const ServiceEntry table[]{{"HotgateAgentTest", serve}, {nullptr, nullptr}};
  StartServiceCtrlDispatcherA(table);
  if (hasArgument("linger"))
    WaitForSingleObject(CreateEventA(nullptr, 1, 0, nullptr), 1500);
  ExitProcess(0);
}
