// The part of the Win32 API that the server uses, declared by hand so that no SDK is needed to build the corpus.
// x64 only: there is one calling convention. Names, types and values are those of the SDK.
#pragma once

using int8_t = signed char;
using int16_t = short;
using int32_t = int;
using int64_t = long long;
using uint8_t = unsigned char;
using uint16_t = unsigned short;
using uint32_t = unsigned int;
using uint64_t = unsigned long long;
using size_t = decltype(sizeof(0));

using BOOL = int;
using DWORD = unsigned long;
using LONG = long;
using WORD = unsigned short;
using HANDLE = void *;
using SOCKET = uint64_t;
using SERVICE_STATUS_HANDLE = void *;

inline const HANDLE INVALID_HANDLE_VALUE = reinterpret_cast<HANDLE>(-1LL);
constexpr SOCKET INVALID_SOCKET = ~0ULL;
constexpr DWORD INFINITE = 0xFFFFFFFF;
constexpr DWORD STD_OUTPUT_HANDLE = 0xFFFFFFF5;
constexpr DWORD STD_ERROR_HANDLE = 0xFFFFFFF4;
constexpr DWORD GENERIC_READ = 0x80000000;
constexpr DWORD GENERIC_WRITE = 0x40000000;
constexpr DWORD FILE_APPEND_DATA = 0x4;
constexpr DWORD FILE_SHARE_READ = 1;
constexpr DWORD FILE_SHARE_WRITE = 2;
constexpr DWORD OPEN_EXISTING = 3;
constexpr DWORD OPEN_ALWAYS = 4;
constexpr DWORD FILE_BEGIN = 0;
constexpr DWORD FILE_END = 2;
constexpr DWORD FILE_ATTRIBUTE_NORMAL = 0x80;
constexpr DWORD HEAP_ZERO_MEMORY = 8;
constexpr DWORD WAIT_OBJECT_0 = 0;
constexpr DWORD WAIT_TIMEOUT = 258;
constexpr DWORD ERROR_FAILED_SERVICE_CONTROLLER_CONNECT = 1063;
constexpr DWORD ERROR_SERVICE_SPECIFIC_ERROR = 1066;

struct CRITICAL_SECTION {
  void *DebugInfo;
  LONG LockCount;
  LONG RecursionCount;
  HANDLE OwningThread;
  HANDLE LockSemaphore;
  uint64_t SpinCount;
};

struct FILETIME {
  DWORD dwLowDateTime;
  DWORD dwHighDateTime;
};

struct SYSTEMTIME {
  WORD wYear, wMonth, wDayOfWeek, wDay, wHour, wMinute, wSecond, wMilliseconds;
};

using ThreadMain = DWORD(void *);

#define WIN32_API extern "C" __declspec(dllimport)

WIN32_API void ExitProcess(uint32_t code);
WIN32_API char *GetCommandLineA();
WIN32_API DWORD GetLastError();
WIN32_API HANDLE GetProcessHeap();
WIN32_API void *HeapAlloc(HANDLE heap, DWORD flags, size_t bytes);
WIN32_API BOOL HeapFree(HANDLE heap, DWORD flags, void *memory);
WIN32_API HANDLE GetStdHandle(DWORD which);
WIN32_API HANDLE CreateFileA(const char *path, DWORD access, DWORD share, void *security, DWORD disposition,
                             DWORD attributes, HANDLE pattern);
WIN32_API BOOL ReadFile(HANDLE file, void *buffer, DWORD bytes, DWORD *read, void *overlapped);
WIN32_API BOOL WriteFile(HANDLE file, const void *buffer, DWORD bytes, DWORD *written, void *overlapped);
WIN32_API DWORD SetFilePointer(HANDLE file, LONG low, LONG *high, DWORD from);
WIN32_API BOOL SetEndOfFile(HANDLE file);
WIN32_API BOOL FlushFileBuffers(HANDLE file);
WIN32_API BOOL CloseHandle(HANDLE handle);
WIN32_API HANDLE CreateThread(void *security, size_t stack, ThreadMain *main, void *argument, DWORD flags, DWORD *id);
WIN32_API HANDLE CreateEventA(void *security, BOOL manual, BOOL signalled, const char *name);
WIN32_API BOOL SetEvent(HANDLE event);
WIN32_API HANDLE CreateSemaphoreA(void *security, LONG count, LONG most, const char *name);
WIN32_API BOOL ReleaseSemaphore(HANDLE semaphore, LONG count, LONG *previous);
WIN32_API DWORD WaitForSingleObject(HANDLE object, DWORD milliseconds);
WIN32_API DWORD WaitForMultipleObjects(DWORD count, const HANDLE *objects, BOOL all, DWORD milliseconds);
WIN32_API void Sleep(DWORD milliseconds);
WIN32_API void InitializeCriticalSection(CRITICAL_SECTION *section);
WIN32_API void EnterCriticalSection(CRITICAL_SECTION *section);
WIN32_API void LeaveCriticalSection(CRITICAL_SECTION *section);
WIN32_API void GetSystemTimeAsFileTime(FILETIME *time);
WIN32_API void GetLocalTime(SYSTEMTIME *time);

// Winsock
constexpr int AF_INET = 2;
constexpr int SOCK_DGRAM = 2;
constexpr int IPPROTO_UDP = 17;
constexpr int SOL_SOCKET = 0xFFFF;
constexpr int SO_BROADCAST = 0x20;
constexpr int SOCKET_ERROR = -1;

struct sockaddr_in {
  int16_t sin_family;
  uint16_t sin_port;    // network order
  uint32_t sin_address; // network order
  char sin_zero[8];
};

struct WSADATA {
  WORD wVersion, wHighVersion;
  char rest[404];
};

WIN32_API int WSAStartup(WORD version, WSADATA *data);
WIN32_API SOCKET socket(int family, int type, int protocol);
WIN32_API int bind(SOCKET socket, const sockaddr_in *name, int length);
WIN32_API int setsockopt(SOCKET socket, int level, int option, const char *value, int length);
WIN32_API int recvfrom(SOCKET socket, char *buffer, int length, int flags, sockaddr_in *from, int *fromLength);
WIN32_API int sendto(SOCKET socket, const char *buffer, int length, int flags, const sockaddr_in *to, int toLength);
WIN32_API int closesocket(SOCKET socket);

// Services
constexpr DWORD SERVICE_WIN32_OWN_PROCESS = 0x10;
constexpr DWORD SERVICE_STOPPED = 1;
constexpr DWORD SERVICE_START_PENDING = 2;
constexpr DWORD SERVICE_STOP_PENDING = 3;
constexpr DWORD SERVICE_RUNNING = 4;
constexpr DWORD SERVICE_ACCEPT_STOP = 1;
constexpr DWORD SERVICE_ACCEPT_SHUTDOWN = 4;
constexpr DWORD SERVICE_CONTROL_STOP = 1;
constexpr DWORD SERVICE_CONTROL_INTERROGATE = 4;
constexpr DWORD SERVICE_CONTROL_SHUTDOWN = 5;
constexpr DWORD ERROR_CALL_NOT_IMPLEMENTED = 120;

struct SERVICE_STATUS {
  DWORD dwServiceType;
  DWORD dwCurrentState;
  DWORD dwControlsAccepted;
  DWORD dwWin32ExitCode;
  DWORD dwServiceSpecificExitCode;
  DWORD dwCheckPoint;
  DWORD dwWaitHint;
};

using ServiceMainFunction = void(DWORD count, char **arguments);
using ServiceControlFunction = DWORD(DWORD control, DWORD event, void *data, void *context);

struct SERVICE_TABLE_ENTRYA {
  const char *lpServiceName;
  ServiceMainFunction *lpServiceProc;
};

WIN32_API BOOL StartServiceCtrlDispatcherA(const SERVICE_TABLE_ENTRYA *table);
WIN32_API SERVICE_STATUS_HANDLE RegisterServiceCtrlHandlerExA(const char *name, ServiceControlFunction *handler,
                                                              void *context);
WIN32_API BOOL SetServiceStatus(SERVICE_STATUS_HANDLE service, SERVICE_STATUS *status);

// The compiler calls these by itself; runtime.cpp supplies them.
extern "C" void *memcpy(void *to, const void *from, size_t bytes);
extern "C" void *memset(void *to, int value, size_t bytes);
extern "C" int memcmp(const void *left, const void *right, size_t bytes);
