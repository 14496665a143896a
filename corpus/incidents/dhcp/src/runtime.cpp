// What a C run-time library would bring: the process entry, the three memory functions that the compiler calls, and
// the default targets of control-flow guard. There are no static constructors, and there must be none.
#include "server_main.h"
#include "win32.h"

// Control-flow guard's pointers: the compiled code calls through them, the system overwrites them where it checks.
// Without a checking system an indirect call goes straight to its target, which is in rax.
extern "C" __attribute__((naked)) void GuardDispatchWithoutCheck() { __asm__ volatile("jmpq *%rax"); }
extern "C" __attribute__((naked)) void GuardCheckNothing() { __asm__ volatile("repz retq"); }

// NOLINTBEGIN(bugprone-reserved-identifier): the linker and the system know these by name.
using GuardFunction = void();
extern "C" GuardFunction *const __guard_dispatch_icall_fptr;
extern "C" GuardFunction *const __guard_check_icall_fptr;
__declspec(allocate(".00cfg")) GuardFunction *const __guard_dispatch_icall_fptr = GuardDispatchWithoutCheck;
__declspec(allocate(".00cfg")) GuardFunction *const __guard_check_icall_fptr = GuardCheckNothing;

// The system fills the cookie at load. This program is built without stack cookies; the load configuration names one
// as every Windows image does.
extern "C" uint64_t __security_cookie;
uint64_t __security_cookie = 0x00002B992DDFA232;
// NOLINTEND(bugprone-reserved-identifier)

extern "C" __attribute__((no_builtin)) void *memcpy(void *to, const void *from, size_t bytes) {
  auto *target = static_cast<uint8_t *>(to);
  const auto *source = static_cast<const uint8_t *>(from);
  for (size_t i = 0; i < bytes; ++i)
    target[i] = source[i];
  return to;
}

extern "C" __attribute__((no_builtin)) void *memset(void *to, int value, size_t bytes) {
  auto *target = static_cast<uint8_t *>(to);
  for (size_t i = 0; i < bytes; ++i)
    target[i] = static_cast<uint8_t>(value);
  return to;
}

extern "C" __attribute__((no_builtin)) int memcmp(const void *left, const void *right, size_t bytes) {
  const auto *a = static_cast<const uint8_t *>(left);
  const auto *b = static_cast<const uint8_t *>(right);
  for (size_t i = 0; i < bytes; ++i)
    if (a[i] != b[i])
      return a[i] < b[i] ? -1 : 1;
  return 0;
}

extern "C" void Start() { ExitProcess(static_cast<uint32_t>(ServerMain(GetCommandLineA()))); }
