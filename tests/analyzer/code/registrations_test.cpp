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
    for (const Registration &registration : registrations(*program_))
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
  const auto found = registrations(program());
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
