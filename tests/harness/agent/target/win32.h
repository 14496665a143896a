// The few declarations of Windows that the target program needs; it is built without an SDK.
#pragma once

using Handle = void *;
using Size = unsigned long long;
using ThreadMain = unsigned long (*)(void *);

extern "C" {
__declspec(dllimport) unsigned long GetCurrentProcessId();
__declspec(dllimport) Handle GetStdHandle(unsigned long which);
__declspec(dllimport) int ReadFile(Handle, void *, unsigned long, unsigned long *, void *);
__declspec(dllimport) int WriteFile(Handle, const void *, unsigned long, unsigned long *, void *);
__declspec(dllimport) Handle CreateEventA(void *, int manual, int initial, const char *name);
__declspec(dllimport) int SetEvent(Handle);
__declspec(dllimport) int ResetEvent(Handle);
__declspec(dllimport) unsigned long WaitForSingleObject(Handle, unsigned long);
__declspec(dllimport) Handle CreateThread(void *, Size, ThreadMain, void *, unsigned long, unsigned long *);
__declspec(dllimport) int GetExitCodeThread(Handle, unsigned long *);
__declspec(dllimport) unsigned long ResumeThread(Handle);
__declspec(dllimport) int GetThreadContext(Handle, void *);
__declspec(dllimport) int SetThreadContext(Handle, const void *);
__declspec(dllimport) int CloseHandle(Handle);
__declspec(dllimport) int VirtualProtect(void *, Size, unsigned long, unsigned long *);
__declspec(dllimport) Size VirtualQuery(const void *, void *, Size);
__declspec(dllimport) int lstrlenA(const char *);
__declspec(dllimport) int lstrcmpA(const char *, const char *);
__declspec(dllimport) void RaiseException(unsigned long, unsigned long, unsigned long, const void *);
[[noreturn]] __declspec(dllimport) void ExitProcess(unsigned int);
}
