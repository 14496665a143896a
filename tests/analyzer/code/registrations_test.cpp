// Who is called by the system, and who waits: threads, once-callbacks, initialisers, waits and polls, built from
// source.
#include "analyzer/code/import_calls.h"
#include "analyzer/code/registrations.h"
#include "tests/analyzer/diff/built_program.h"

namespace hotgate::analyzer::test {
namespace {

using testing::Contains;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

const std::string declarations = R"(
extern "C" {
typedef unsigned long (*Start)(void *);
__declspec(dllimport) void *CreateThread(void *, unsigned long long, Start, void *, unsigned long, unsigned long *);
__declspec(dllimport) int InitOnceExecuteOnce(void *, int (*)(void *, void *, void **), void *, void **);
__declspec(dllimport) unsigned long WaitForSingleObject(void *, unsigned long);
__declspec(dllimport) int StartServiceCtrlDispatcherA(const void *);
void _initterm(void (**)(), void (**)());
}
)";

const BuildOptions options{{},
                           {},
                           {{"kernel32", {"CreateThread", "InitOnceExecuteOnce", "WaitForSingleObject"}},
                            {"advapi32", {"StartServiceCtrlDispatcherA"}}}};

class RegistrationsTest : public testing::Test {
protected:
  void build(const std::string &source, bool withSymbols = true) {
    program_.emplace(openProgram(buildImage(declarations + source, options), withSymbols));
  }
  // Function and kind.
  [[nodiscard]] std::set<std::pair<std::string, std::string>> registered() const {
    std::set<std::pair<std::string, std::string>> result;
    const auto found = registrations(*program_);
    EXPECT_TRUE(found);
    for (const Registration &registration : *found)
      result.emplace(program_->functions()[registration.function].name, registeredAsName(registration.as));
    return result;
  }
  [[nodiscard]] const Program &program() const { return *program_; }

private:
  std::optional<Program> program_;
};

TEST_F(RegistrationsTest, WhatAThreadRunsIsKnownByItsAddressInTheCall) {
  build(R"(
NOINLINE unsigned long Worker(void *p) { return *(volatile unsigned long *)p; }
NOINLINE unsigned long Other(void *p) { return *(volatile unsigned long *)p + 1; }
EXPORT __attribute__((optnone, noinline)) void Take(Start start) { *(Start volatile *)start = start; }
EXPORT NOINLINE unsigned long Begin(void *p) { Take(Other); CreateThread(nullptr, 0, Worker, p, 0, nullptr); return 1; }
)");
  EXPECT_THAT(registered(), Contains(Pair("Worker", "thread")));
  EXPECT_THAT(registered(), Not(Contains(Pair("Other", "thread"))));
}

TEST_F(RegistrationsTest, AFunctionThatHandsItsArgumentOnRegistersForItsCallers) {
  build(R"(
NOINLINE unsigned long Worker(void *p) { return *(volatile unsigned long *)p; }
NOINLINE void *StartThread(Start start, void *p) { void *t = CreateThread(nullptr, 0, start, p, 0, nullptr); *(void *volatile *)p = t; return t; }
EXPORT NOINLINE void *Begin(void *p) { void *volatile t = StartThread(Worker, p); return t; }
)");
  EXPECT_THAT(registered(), Contains(Pair("Worker", "thread")));
}

// What it registers comes out of memory, or is its own: what its callers hold at the time is nothing that is
// registered.
TEST_F(RegistrationsTest, AFunctionThatPassesSomethingOfItsOwnIsNoRegistrar) {
  build(R"(
NOINLINE unsigned long Worker(void *p) { return *(volatile unsigned long *)p; }
NOINLINE unsigned long Compare(void *p) { return *(volatile unsigned long *)p + 1; }
NOINLINE void *StartChosen(Start unused, void *p) { void *t = CreateThread(nullptr, 0, *(Start *)p, p, 0, nullptr); *(Start *volatile)p = unused; return t; }
NOINLINE void *Fixed(Start compare, void *p) { *(Start volatile *)p = compare; return CreateThread(nullptr, 0, Worker, p, 0, nullptr); }
EXPORT NOINLINE void *Begin(void *p) { void *volatile t = StartChosen(Compare, p); t = Fixed(Compare, p); return t; }
)");
  EXPECT_THAT(registered(), Contains(Pair("Worker", "thread")));
  EXPECT_THAT(registered(), Not(Contains(Pair("Compare", "thread"))));
}

// Of two functions that are handed over, one is started.
TEST_F(RegistrationsTest, OnlyTheParameterThatIsHandedOnCounts) {
  build(R"(
NOINLINE unsigned long Worker(void *p) { return *(volatile unsigned long *)p; }
NOINLINE unsigned long Done(void *p) { return *(volatile unsigned long *)p + 1; }
NOINLINE void *StartThread(Start done, Start start, void *p) { *(Start volatile *)p = done; void *t = CreateThread(nullptr, 0, start, p, 0, nullptr); *(void *volatile *)p = t; return t; }
EXPORT NOINLINE void *Begin(void *p) { void *volatile t = StartThread(Done, Worker, p); return t; }
)");
  EXPECT_THAT(registered(), Contains(Pair("Worker", "thread")));
  EXPECT_THAT(registered(), Not(Contains(Pair("Done", "thread"))));
}

TEST_F(RegistrationsTest, TheTableOfTheRunTimeIsKnownByItsSymbols) {
  build(R"(
int g_first, g_second;
NOINLINE void Early() { g_first = 3; }
NOINLINE void Other() { g_second = 5; }
void (*g_other)() = Other;
typedef void (*Function)();
#pragma section(".CRT$XCA", read)
#pragma section(".CRT$XCU", read)
#pragma section(".CRT$XCZ", read)
extern "C" __declspec(allocate(".CRT$XCA")) const Function __xc_a[1] = {nullptr};
extern "C" __declspec(allocate(".CRT$XCU")) const Function early[1] = {Early};
extern "C" __declspec(allocate(".CRT$XCZ")) const Function __xc_z[1] = {nullptr};
EXPORT NOINLINE int Begin() { g_other(); for (const Function *f = __xc_a; f != __xc_z; ++f) if (*f != nullptr) (*f)(); return early[0] != nullptr; }
)");
  EXPECT_THAT(registered(), Contains(Pair("Early", "initializer")));
  EXPECT_THAT(registered(), Not(Contains(Pair("Other", "initializer"))));
}

TEST_F(RegistrationsTest, OnceCallbacksServiceTablesAndInitialisers) {
  build(R"(
int g_first, g_second;
NOINLINE int Once(void *, void *, void **) { g_first = 1; return 1; }
NOINLINE void Main(unsigned long, char **) { g_first = 2; }
NOINLINE void Early() { g_second = 3; }
NOINLINE void Late() { g_second = 5; }
struct Entry { const char *name; void (*main)(unsigned long, char **); };
extern const Entry services[2] = {{"Dhcp", Main}, {nullptr, nullptr}};
void (*table[3])() = {nullptr, Early, Late};
void *g_once;
extern "C" NOINLINE void _initterm(void (**first)(), void (**last)()) { for (; first < last; ++first) if (*first) (*first)(); }
EXPORT NOINLINE int Begin() { InitOnceExecuteOnce(&g_once, Once, nullptr, nullptr); _initterm(table, table + 3); return StartServiceCtrlDispatcherA(services); }
)");
  EXPECT_THAT(registered(), Contains(Pair("Once", "once")));
  EXPECT_THAT(registered(), Contains(Pair("Main", "service-main")));
  EXPECT_THAT(registered(), Contains(Pair("Early", "initializer")));
  EXPECT_THAT(registered(), Contains(Pair("Late", "initializer")));
  EXPECT_THAT(registered(), Not(Contains(Pair("Main", "initializer"))));
}

TEST_F(RegistrationsTest, NamesAreNotNeeded) {
  build(R"(
NOINLINE unsigned long Worker(void *p) { return *(volatile unsigned long *)p; }
EXPORT NOINLINE unsigned long Begin(void *p) { CreateThread(nullptr, 0, Worker, p, 0, nullptr); return 1; }
)",
        false);
  const auto found = *registrations(program());
  EXPECT_EQ(std::ranges::count(found, RegisteredAs::thread, &Registration::as), 1);
}

TEST_F(RegistrationsTest, AWaitIsNotAPoll) {
  build(R"(
EXPORT NOINLINE unsigned long Poll(void *h) { volatile unsigned long r = WaitForSingleObject(h, 0); return r; }
EXPORT NOINLINE unsigned long Wait(void *h) { volatile unsigned long r = WaitForSingleObject(h, 0xFFFFFFFF); return r; }
EXPORT NOINLINE unsigned long Tail(void *h) { return WaitForSingleObject(h, 1000); }
EXPORT NOINLINE unsigned long Nothing(void *h) { return *(unsigned long *)h; }
)");
  std::set<std::pair<std::string, bool>> calls;
  for (const ImportCall &call : importCalls(program())) {
    EXPECT_EQ(call.import->name, "WaitForSingleObject");
    calls.emplace(program().functions()[call.function].name, call.isPoll);
  }
  EXPECT_THAT(calls, UnorderedElementsAre(Pair("Poll", true), Pair("Wait", false), Pair("Tail", false)));
}

} // namespace
} // namespace hotgate::analyzer::test
