// See subject.h. What every version shares is reached by the fixes through __ref_ pointers, as the compiler's secure
// hot-patching does; a patch that forgot one would go on with a copy.
#include "subject.h"

#include "win32.h"

extern "C" {
#ifdef OTHER_BASE
int g_counter = 5;
#else
int g_counter = 0;
#endif
void *g_insideBlocking = nullptr;
void *g_letGo = nullptr;
int g_calloutLog = 0;
int g_refuseCallout = 0;
}

#if VERSION == 1
#define SHARED(name) name
#else
extern "C" {
extern int *const __ref_g_counter;
extern void **const __ref_g_insideBlocking;
extern void **const __ref_g_letGo;
extern int *const __ref_g_calloutLog;
extern int *const __ref_g_refuseCallout;
int *const __ref_g_counter = &g_counter;
void **const __ref_g_insideBlocking = &g_insideBlocking;
void **const __ref_g_letGo = &g_letGo;
int *const __ref_g_calloutLog = &g_calloutLog;
int *const __ref_g_refuseCallout = &g_refuseCallout;
}
// volatile: the compiler must not see through the pointer to this image's own copy.
template <class T> static T &through(T *const volatile &reference) { return *reference; }
#define SHARED(name) through(__ref_##name)
#endif

int Answer(int x) { return x + VERSION; }

int Count() { return 1000 * VERSION + ++SHARED(g_counter); }

#if VERSION == 1
int Imports() { return lstrlenA("seven.."); }
int Guarded() { return 1; }
int EveryVersion() { return 1; }
#else
#ifdef NEW_DEPENDENCY
extern "C" __declspec(dllimport) int gethostname(char *, int);
int Imports() {
  char name[8];
  return gethostname(name, sizeof name);
}
#else
// lstrcmpA is no import of the base, and the pointer to the text is relocated with the patch image.
const char *const volatile g_text = "nine.....";
int Imports() { return 100 * lstrlenA(g_text) + (lstrcmpA("a", "a") == 0 ? 1 : 0); }
#endif
int Guarded() {
  __try {
    RaiseException(0xE0000001, 0, 0, nullptr);
  } __except (1) {
    return VERSION;
  }
  return -1;
}
#if VERSION == 2
int EveryVersion() { return 2; }
#else
int EveryVersion() { return 1; }
#endif
#endif

int Blocking() {
  SetEvent(SHARED(g_insideBlocking));
  WaitForSingleObject(SHARED(g_letGo), 0xFFFFFFFF);
  return VERSION;
}

#ifdef CALLOUT
extern "C" __declspec(dllexport) long __PatchMainCallout__(unsigned long stage) {
  SHARED(g_calloutLog) = SHARED(g_calloutLog) * 10 + static_cast<int>(stage) + 1;
  return SHARED(g_refuseCallout) == static_cast<int>(stage) + 1 ? static_cast<long>(0xC0000001) : 0;
}
#endif
