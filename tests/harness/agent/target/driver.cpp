// Calls the functions of subject.h as a test tells it to: one command a line on stdin, one answer a line on stdout.
#include "subject.h"
#include "win32.h"

extern "C" int _fltused = 0;
// The compiler may call these; there is no C run-time.
extern "C" __attribute__((no_builtin)) void *memset(void *to, int value, Size size) {
  for (Size i = 0; i < size; ++i)
    static_cast<volatile char *>(to)[i] = static_cast<char>(value);
  return to;
}
extern "C" __attribute__((no_builtin)) void *memcpy(void *to, const void *from, Size size) {
  for (Size i = 0; i < size; ++i)
    static_cast<volatile char *>(to)[i] = static_cast<const char *>(from)[i];
  return to;
}

namespace {

constexpr unsigned long infinite = 0xFFFFFFFF;
constexpr int hammerThreads = 3;

bool equal(const char *a, const char *b) {
  while (*a && *a == *b)
    ++a, ++b;
  return *a == *b;
}

void print(const char *text) {
  unsigned long length = 0;
  while (text[length])
    ++length;
  unsigned long done = 0;
  WriteFile(GetStdHandle(static_cast<unsigned long>(-11)), text, length, &done, nullptr);
}

void printNumber(long long number) {
  char text[32];
  int at = 31;
  text[at] = 0;
  text[--at] = '\n';
  const bool negative = number < 0;
  for (unsigned long long rest = negative ? 0ULL - number : number; rest != 0 || at == 30; rest /= 10)
    text[--at] = static_cast<char>('0' + rest % 10);
  if (negative)
    text[--at] = '-';
  print(text + at);
}

// False at the end of stdin.
bool readLine(char *line, int size) {
  for (int at = 0; at < size - 1;) {
    unsigned long done = 0;
    if (!ReadFile(GetStdHandle(static_cast<unsigned long>(-10)), &line[at], 1, &done, nullptr) || done != 1)
      return false;
    if (line[at] == '\n') {
      line[at] = 0;
      return true;
    }
    ++at;
  }
  return false;
}

unsigned long blockedMain(void *) { return static_cast<unsigned long>(Blocking()); }
Handle blocked = nullptr;

void block() {
  blocked = CreateThread(nullptr, 0, blockedMain, nullptr, 0, nullptr);
  WaitForSingleObject(g_insideBlocking, infinite);
  print("inside\n");
}

void release() {
  SetEvent(g_letGo);
  WaitForSingleObject(blocked, infinite);
  unsigned long result = 0;
  GetExitCodeThread(blocked, &result);
  ResetEvent(g_letGo);
  ResetEvent(g_insideBlocking);
  printNumber(static_cast<long long>(result));
}

volatile bool hammering = false;
volatile long long calls[hammerThreads];
volatile long long wrong[hammerThreads];
Handle hammers[hammerThreads];

unsigned long hammerMain(void *argument) {
  const auto index = reinterpret_cast<Size>(argument);
  while (hammering) {
    const int answer = Answer(10);
    const int odd = Odd(20);
    if (answer < 11 || answer > 13 || odd < 21 || odd > 23)
      wrong[index] = wrong[index] + 1;
    calls[index] = calls[index] + 2;
  }
  return 0;
}

void hammer() {
  hammering = true;
  for (Size i = 0; i < hammerThreads; ++i)
    hammers[i] = CreateThread(nullptr, 0, hammerMain, reinterpret_cast<void *>(i), 0, nullptr);
  print("hammering\n");
}

// Wrong results, or -1 when a thread made no call.
void calm() {
  hammering = false;
  long long total = 0;
  for (int i = 0; i < hammerThreads; ++i) {
    WaitForSingleObject(hammers[i], infinite);
    total += calls[i] != 0 ? wrong[i] : -1000000;
  }
  printNumber(total);
}

// A thread that stands, suspended, wherever it is put. Offsets of CONTEXT: winnt.h.
struct alignas(16) Context {
  unsigned char bytes[1232];
  void setFlags() { *reinterpret_cast<unsigned long *>(bytes + 0x30) = 0x100001; } // CONTEXT_CONTROL
  Size &rip() { return *reinterpret_cast<Size *>(bytes + 0xF8); }
};
Context original;
Handle parked = nullptr;
unsigned long parkedMain(void *) { return 7; }

void park(Size address) {
  parked = CreateThread(nullptr, 0, parkedMain, nullptr, 4 /* CREATE_SUSPENDED */, nullptr);
  original.setFlags();
  GetThreadContext(parked, &original);
  Context moved = original;
  moved.rip() = address;
  print(SetThreadContext(parked, &moved) ? "parked\n" : "failed\n");
}

void unpark() {
  SetThreadContext(parked, &original);
  ResumeThread(parked);
  WaitForSingleObject(parked, infinite);
  unsigned long result = 0;
  GetExitCodeThread(parked, &result);
  printNumber(static_cast<long long>(result));
}

unsigned char *writableAnswer() {
  auto *code = reinterpret_cast<unsigned char *>(&Answer);
  unsigned long old = 0;
  VirtualProtect(code, 8, 0x40, &old);
  return code;
}

// What a hook library would leave: a jump back into the padding, in the function's first two bytes.
void hook() {
  unsigned char *code = writableAnswer();
  code[0] = 0xEB;
  code[1] = 0xF9;
  print("hooked\n");
}

// A change that only the expected bytes of a patch can see.
void alter() {
  writableAnswer()[3] ^= 1;
  print("altered\n");
}

// Takes a redirect of Answer away behind the agent's back (66 90, or whatever it is, does not matter here).
void alterEntry() {
  writableAnswer()[1] = 0x00;
  print("altered\n");
}

// The protection of the code's pages: offset of MEMORY_BASIC_INFORMATION.Protect.
long long protection() {
  alignas(8) unsigned char information[48];
  VirtualQuery(reinterpret_cast<void *>(&Odd), information, sizeof information);
  return *reinterpret_cast<unsigned long *>(information + 0x24);
}

// One handle more, each time.
long long open() {
  CreateEventA(nullptr, 1, 0, nullptr);
  return 1;
}

long long call(const char *command) {
  if (equal(command, "open"))
    return open();
  if (equal(command, "pid"))
    return GetCurrentProcessId();
  if (equal(command, "answer"))
    return Answer(41);
  if (equal(command, "count"))
    return Count();
  if (equal(command, "imports"))
    return Imports();
  if (equal(command, "guarded"))
    return Guarded();
  if (equal(command, "odd"))
    return Odd(41);
  if (equal(command, "odd-too"))
    return OddToo(41);
  if (equal(command, "protection"))
    return protection();
  if (equal(command, "unpadded"))
    return Unpadded();
  if (equal(command, "every-version"))
    return EveryVersion();
  if (equal(command, "callout-log"))
    return g_calloutLog;
  if (equal(command, "refuse-1") || equal(command, "refuse-2") || equal(command, "refuse-3"))
    return g_refuseCallout = command[7] - '0';
  return -1;
}

void run(const char *command) {
  if (equal(command, "block"))
    block();
  else if (equal(command, "release"))
    release();
  else if (equal(command, "hammer"))
    hammer();
  else if (equal(command, "calm"))
    calm();
  else if (equal(command, "park-inside"))
    park(reinterpret_cast<Size>(&Odd) + 1);
  else if (equal(command, "park-in-answers-padding"))
    park(reinterpret_cast<Size>(&Answer) - 5);
  else if (equal(command, "unpark"))
    unpark();
  else if (equal(command, "hook"))
    hook();
  else if (equal(command, "alter"))
    alter();
  else if (equal(command, "alter-entry"))
    alterEntry();
  else
    printNumber(call(command));
}

} // namespace

extern "C" void Start() {
  g_insideBlocking = CreateEventA(nullptr, 1, 0, nullptr);
  g_letGo = CreateEventA(nullptr, 1, 0, nullptr);
  char line[64];
  while (readLine(line, sizeof line))
    run(line);
  ExitProcess(0);
}
