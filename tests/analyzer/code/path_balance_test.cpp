// What functions take and give back on all ways through them, on built x64 and ARM64 code.
#include "analyzer/code/path_balance.h"
#include "tests/analyzer/diff/built_program.h"

namespace hotgate::analyzer::test {
namespace {

const std::string source = R"(
#define EXPORT extern "C" __declspec(dllexport) __attribute__((noinline))
#define NOINLINE extern "C" __attribute__((noinline))
extern "C" const unsigned long long _load_config_used[40] = {0x140};
extern "C" int _DllMainCRTStartup(void *, unsigned, void *) { return 1; }
extern "C" {
__declspec(dllimport) void EnterCriticalSection(void *); __declspec(dllimport) void LeaveCriticalSection(void *);
__declspec(dllimport) void *HeapAlloc(void *, unsigned, unsigned long long); __declspec(dllimport) int HeapFree(void *, unsigned, void *);
}
volatile int g;
NOINLINE int Work(int x) { g = x; return g; }
EXPORT int Frees(char *p) { char *b = (char *)HeapAlloc(p, 0, 8); if (!b) return 0; *b = Work(3); HeapFree(p, 0, b); return 1; }
EXPORT int Leaks(char *p) { char *b = (char *)HeapAlloc(p, 0, 8); if (!b) return 0; *b = Work(3); if (g) return 2; HeapFree(p, 0, b); return 1; }
NOINLINE void *Make(char *p) { return HeapAlloc(p, 0, 16); }
EXPORT int FreesWhatItIsGiven(char *p) { char *b = (char *)Make(p); if (!b) return 0; *b = Work(3); HeapFree(p, 0, b); return 1; }
EXPORT int LeaksWhatItIsGiven(char *p) { char *b = (char *)Make(p); if (!b) return 0; *b = Work(3); if (g) return 2; HeapFree(p, 0, b); return 1; }
NOINLINE void Release(char *p) { g = 1; LeaveCriticalSection(p); g = 2; }
EXPORT int Twice(char *p) { EnterCriticalSection(p); EnterCriticalSection(p + 64); int r = Work(1);
  LeaveCriticalSection(p + 64); LeaveCriticalSection(p); return r; }
EXPORT int OnceTooFew(char *p) { EnterCriticalSection(p); EnterCriticalSection(p + 64); int r = Work(1); LeaveCriticalSection(p); return r; }
EXPORT int ThroughAnother(char *p) { EnterCriticalSection(p); int r = Work(1); Release(p); return r; }
EXPORT int InASwitch(char *p, int x) {
  switch (x) { case 0: g = 4; break; case 1: EnterCriticalSection(p); g = 7; LeaveCriticalSection(p); break; case 2: return Work(2);
  case 3: return Work(4) + 3; case 4: EnterCriticalSection(p); return Work(9); case 5: g = 11; return Work(12) * 3; default: return 9; }
  return Work(8); }
EXPORT int Circle(char *p, int x) { EnterCriticalSection(p); int r = x ? Circle(p, x - 1) + Work(2) : 1; LeaveCriticalSection(p); return r; }
)";

std::filesystem::path buildFor(const std::string &target, const std::string &machine) {
  return buildWith(
      {{"code.cpp", source},
       {"kernel32.def",
        "LIBRARY kernel32.dll\nEXPORTS\nEnterCriticalSection\nLeaveCriticalSection\nHeapAlloc\nHeapFree\n"}},
      {"clang++-19 --target=" + target +
           "-pc-windows-msvc -ffreestanding -fno-exceptions -fno-rtti -std=c++20 -O2 -g "
           "-gcodeview -c code.cpp -o code.obj",
       "llvm-dlltool-19 -m " + machine + " -d kernel32.def -l kernel32.lib",
       "lld-link-19 /dll /nodefaultlib /debug /Brepro /out:code.dll code.obj kernel32.lib"},
      "code.dll");
}

struct Target {
  const char *name, *machine;
};

class PathBalanceTest : public testing::TestWithParam<Target> {
protected:
  PathBalanceTest() : program_(openProgram(buildFor(GetParam().name, GetParam().machine))) {
    auto balances = PathBalances::begin(program_);
    EXPECT_TRUE(balances);
    balances_.emplace(*std::move(balances));
  }
  const FunctionBalance &of(const std::string &name) {
    for (FunctionIndex i = 0; i < program_.functions().size(); ++i)
      if (program_.functions()[i].name == name)
        if (const FunctionBalance *balance = balances_->of(i))
          return *balance;
    ADD_FAILURE() << name << " has no balance";
    static const FunctionBalance none;
    return none;
  }
  std::string memory(const std::string &name) {
    return of(name).atExit[static_cast<size_t>(ResourceFamily::memory)].text();
  }
  std::string locks(const std::string &name) {
    return of(name).atExit[static_cast<size_t>(ResourceFamily::lock)].text();
  }

  Program program_;
  std::optional<PathBalances> balances_;
};

TEST_P(PathBalanceTest, AReturnBeforeTheFreeIsAnotherBalance) {
  EXPECT_EQ(memory("Frees"), "0") << "the way without memory has none to free";
  EXPECT_EQ(memory("Leaks"), "0, +1");
}

TEST_P(PathBalanceTest, AFunctionAroundAnImportCountsAsTheImport) {
  EXPECT_EQ(memory("Make"), "+1");
  EXPECT_EQ(memory("FreesWhatItIsGiven"), "0");
  EXPECT_EQ(memory("LeaksWhatItIsGiven"), "0, +1");
  EXPECT_EQ(locks("Release"), "-1");
  EXPECT_EQ(locks("ThroughAnother"), "0");
}

// The slot is read once, and called through a register twice.
TEST_P(PathBalanceTest, CallsThroughARegisterCountEach) {
  EXPECT_EQ(locks("Twice"), "0");
  EXPECT_EQ(of("Twice").takes[static_cast<size_t>(ResourceFamily::lock)], 2U);
  EXPECT_EQ(locks("OnceTooFew"), "+1");
}

TEST_P(PathBalanceTest, CasesOfASwitchAreWays) { EXPECT_EQ(locks("InASwitch"), "0, +1"); }

TEST_P(PathBalanceTest, ACircleOfCallsEnds) { EXPECT_EQ(locks("Circle"), "0"); }

TEST_P(PathBalanceTest, ACallKnowsTheLocksThatAreHeld) {
  const auto held = [&](const std::string &name) {
    std::string text;
    for (const HeldCall &call : of(name).calls)
      if (program_.functions()[call.callee].name == "Work")
        text += call.locks.text() + ";";
    return text;
  };
  EXPECT_EQ(held("Twice"), "+2;");
  EXPECT_EQ(held("Frees"), "0;");
}

INSTANTIATE_TEST_SUITE_P(Built, PathBalanceTest,
                         testing::Values(Target{"x86_64", "i386:x86-64"}, Target{"aarch64", "arm64"}),
                         [](const auto &info) { return std::string(info.param.name); });

} // namespace
} // namespace hotgate::analyzer::test
