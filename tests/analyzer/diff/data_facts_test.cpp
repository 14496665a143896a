// What is known of data that differ, on every machine: who uses them, where a thread has them, statics and their
// guards, tables of functions, alignment.
#include "analyzer/code/data_uses.h"
#include "analyzer/code/reached_functions.h"
#include "analyzer/code/registrations.h"
#include "analyzer/diff/alignment_needs.h"
#include "analyzer/diff/function_tables.h"
#include "analyzer/diff/static_diff.h"
#include "analyzer/image/tls_directory.h"
#include "tests/analyzer/diff/built_program.h"

namespace hotgate::analyzer::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

// What a run-time library has for statics of functions and thread-local variables.
const std::string runTime = R"(
#ifdef __i386__
__asm__(".globl __tls_array\n__tls_array = 0x2c\n");
#endif
extern "C" unsigned long _tls_index = 0;
#pragma section(".tls", read, write)
#pragma section(".tls$ZZZ", read, write)
extern "C" __declspec(allocate(".tls")) char _tls_start = 0;
extern "C" __declspec(allocate(".tls$ZZZ")) char _tls_end = 0;
extern "C" const struct { void *begin, *end, *index; const void *callbacks; unsigned zeroFill, flags; } _tls_used =
  {&_tls_start, &_tls_end, &_tls_index, nullptr, 0, 0};
extern "C" __declspec(thread) int _Init_thread_epoch = -2147483647 - 1;
extern "C" NOINLINE void _Init_thread_header(int *guard) { *guard = -1; }
extern "C" NOINLINE void _Init_thread_footer(int *guard) { *guard = 1; }
NOINLINE int Make(int x) { volatile int y = x; return y * 3; }
)";

class DataFacts : public testing::TestWithParam<const char *> {
protected:
  static BuildOptions options(std::vector<std::string> more = {}) {
    more.push_back(std::string("--target=") + GetParam() + "-pc-windows-msvc");
    return {std::move(more), {}, {}, true};
  }
};

DatumIndex datum(const Program &program, const std::string &name) {
  for (DatumIndex i = 0; i < program.data().size(); ++i)
    if (program.data()[i].name == name)
      return i;
  ADD_FAILURE() << "no datum " << name;
  return 0;
}

// Function and how: "r", "w", "a" (takes the address).
std::set<std::pair<std::string, std::string>> usesOf(const Program &program, const std::string &name) {
  std::set<std::pair<std::string, std::string>> uses;
  const auto found = dataUses(program, {datum(program, name)});
  EXPECT_TRUE(found);
  for (const DataUse &use : *found)
    uses.emplace(program.functions()[use.function].name,
                 std::string(use.reads ? "r" : "") + (use.writes ? "w" : "") + (use.takesAddress ? "a" : ""));
  return uses;
}

TEST_P(DataFacts, WhoUsesAVariableAndHow) {
  const Program program = openProgram(buildImage(R"(
    int g_count = 1; int g_other = 2;
    extern "C" int *const __ref_g_count = &g_count;
    EXPORT NOINLINE int Read() { return g_count; }
    EXPORT NOINLINE void Write(int x) { g_count = x; }
    EXPORT NOINLINE int *Give() { return &g_count; }
    EXPORT NOINLINE int *const *Behind() { return &__ref_g_count; }
    EXPORT NOINLINE int Other() { return g_other; })",
                                                 options()));
  EXPECT_THAT(usesOf(program, "g_count"),
              UnorderedElementsAre(Pair("Read", "r"), Pair("Write", "w"), Pair("Give", "a"), Pair("Behind", "a")));
}

TEST_P(DataFacts, AThreadLocalIsUsedByItsOffset) {
  const Program program = openProgram(buildImage(runTime + R"(
    __declspec(thread) int t_first = 5; __declspec(thread) int t_second = 6;
    EXPORT NOINLINE int First() { return t_first; }
    EXPORT NOINLINE void Second(int x) { t_second = x; })",
                                                 options()));
  ASSERT_TRUE(program.data()[datum(program, "t_second")].isThreadLocal);
  EXPECT_THAT(usesOf(program, "t_first"), ElementsAre(Pair("First", testing::_)));
  EXPECT_THAT(usesOf(program, "t_second"), ElementsAre(Pair("Second", testing::_)));
  const auto directory = readTlsDirectory(program.image());
  ASSERT_TRUE(directory);
  EXPECT_GE(directory->templateSize, 12U);
  EXPECT_EQ(program.describe(directory->indexRva), "_tls_index");
}

TEST_P(DataFacts, AThreadLocalThatMovesIsADifference) {
  const std::string before = runTime + "__declspec(thread) int t_count = 5; EXPORT int Count() { return t_count; }";
  const std::string after = runTime + "__declspec(thread) int t_first = 5; __declspec(thread) int t_count = 5; EXPORT "
                                      "int Count() { return t_count + t_first; }";
  const Comparison c = compareSources(before, after, options());
  const auto global = std::ranges::find(c.diff.globals, "t_count", &GlobalDifference::name);
  ASSERT_NE(global, c.diff.globals.end());
  EXPECT_THAT(global->reasons, ElementsAre("thread-local offset"));
  const Comparison same = compareSources(before, before, options());
  EXPECT_THAT(same.diff.globals, IsEmpty());
}

// Variable and how it compares.
std::set<std::pair<std::string, std::string>> staticsOf(const Comparison &c) {
  const Referents referents(c.pre, c.post, *c.diff.pairing);
  std::set<std::pair<std::string, std::string>> statics;
  const auto found = diffStatics(referents);
  EXPECT_TRUE(found);
  for (const StaticDifference &difference : *found)
    statics.emplace(difference.variable, changeStatusName(difference.status));
  return statics;
}

std::string statics(const std::string &body) { return runTime + "EXPORT NOINLINE int Fix(int x) { " + body + " }\n"; }

TEST_P(DataFacts, StaticsPairByNameAndAnInitialiserByWhatItDoes) {
  const Comparison inserted = compareSources(
      statics("static int limit = Make(x); return limit;"),
      statics("static int first = Make(x + 1); static int limit = Make(x); return limit + first;"), options());
  EXPECT_THAT(staticsOf(inserted), Contains(Pair("Fix::first", "added")));
  // On ARM64 the page of the variable is kept in a register across a call here and made anew there.
  const bool isComparable = std::string_view(GetParam()) != "aarch64";
  EXPECT_THAT(staticsOf(inserted), Contains(Pair("Fix::limit", isComparable ? "identical" : "changed")));
  const Comparison changed = compareSources(statics("static int limit = Make(x); return limit;"),
                                            statics("static int limit = Make(x) * 5; return limit;"), options());
  EXPECT_THAT(staticsOf(changed), ElementsAre(Pair("Fix::limit", "changed")));
  const Comparison gone =
      compareSources(statics("static int limit = Make(x); return limit;"), statics("return Make(x);"), options());
  EXPECT_THAT(staticsOf(gone), ElementsAre(Pair("Fix::limit", "removed")));
}

// A constant needs no guard, nor does a variable that happens to be tested and set.
TEST_P(DataFacts, NoGuardWithoutADynamicInitialiser) {
  const std::string source = statics("static int limit = 5; static bool isDone; if (isDone != true) { isDone = true; "
                                     "limit = Make(x); } return ++limit;");
  EXPECT_THAT(staticsOf(compareSources(source, source, options())), IsEmpty());
  EXPECT_THAT(staticsOf(compareSources(source, source, options({"-fno-threadsafe-statics"}))), IsEmpty());
}

TEST_P(DataFacts, TablesOfFunctionsAreComparedEntryByEntry) {
  const auto source = [](const char *second) {
    return std::string("NOINLINE int A(int x) { return x * 3; }\nNOINLINE int B(int x) { return x * 5; }\n"
                       "NOINLINE int C(int x) { return x * 7; }\ntypedef int (*F)(int);\n"
                       "struct Row { const char *name; F f; };\n"
                       "extern const Row rows[3] = {{\"a\", A}, {\"b\", ") +
           second +
           "}, {\"c\", C}};\nextern const F all[3] = {A, B, C};\n"
           "EXPORT int Use(int x) { return rows[x].f(x) + all[x](x); }\n";
  };
  const Comparison c = compareSources(source("B"), source("C"), options());
  const Referents referents(c.pre, c.post, *c.diff.pairing);
  const auto rows = std::ranges::find(c.diff.globals, "rows", &GlobalDifference::name);
  ASSERT_NE(rows, c.diff.globals.end());
  const auto entries = diffFunctionTable(referents, *rows);
  const uint32_t pointer = c.pre.image().is64() ? 8 : 4;
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].offset, 3 * pointer);
  EXPECT_EQ(c.pre.functions()[*entries[0].pre].name, "B");
  EXPECT_EQ(c.post.functions()[*entries[0].post].name, "C");
  EXPECT_EQ(std::ranges::find(c.diff.globals, "all", &GlobalDifference::name), c.diff.globals.end());
}

TEST_P(DataFacts, WhatRunsIsReachedByCallsAddressesAndConstants) {
  const Program program = openProgram(buildImage(R"(
    NOINLINE int Deep(int x) { volatile int y = x; return y * 3; }
    NOINLINE int Called(int x) { volatile int y = Deep(x); return y + 1; }
    NOINLINE int Listed(int x) { volatile int y = x; return y * 5; }
    NOINLINE int InVariable(int x) { volatile int y = x; return y * 7; }
    typedef int (*F)(int);
    extern const F table[2] = {Listed, nullptr};
    F g_variable = InVariable;
    EXPORT NOINLINE int Fix(int x) { return Called(x) + table[x](x) + g_variable(x); }
    EXPORT NOINLINE int Apart(int x) { volatile int y = x; return y * 9; })",
                                                 options()));
  FunctionIndex fix = 0;
  for (FunctionIndex i = 0; i < program.functions().size(); ++i)
    if (program.functions()[i].name == "Fix")
      fix = i;
  std::set<std::string> names;
  for (const FunctionIndex function : reachedFunctions(program, {fix}))
    names.insert(program.functions()[function].name);
  EXPECT_THAT(names, UnorderedElementsAre("Fix", "Called", "Deep", "Listed"));
}

INSTANTIATE_TEST_SUITE_P(Machines, DataFacts, testing::Values("x86_64", "aarch64", "i686"),
                         [](const auto &info) { return std::string(info.param); });

// A function that hands a parameter on is known on ARM64 too.
TEST(RegistrarOnArm64, OnlyTheParameterThatIsHandedOnCounts) {
  const Program program = openProgram(buildImage(R"(
    typedef unsigned long (*Start)(void *);
    extern "C" NOINLINE void *_beginthread(Start start, void *p) { *(Start volatile *)p = start; return p; }
    NOINLINE unsigned long Worker(void *p) { return *(volatile unsigned long *)p; }
    NOINLINE unsigned long Done(void *p) { return *(volatile unsigned long *)p + 1; }
    NOINLINE void *StartThread(Start done, Start start, void *p) { *(Start volatile *)p = done; void *t = _beginthread(start, p); *(void *volatile *)p = t; return t; }
    EXPORT NOINLINE void *Begin(void *p) { void *volatile t = StartThread(Done, Worker, p); return t; })",
                                                 {{"--target=aarch64-pc-windows-msvc"}, {}, {}, true}));
  const auto found = registrations(program);
  ASSERT_TRUE(found);
  std::set<std::pair<std::string, std::string>> names;
  for (const Registration &registration : *found)
    names.emplace(program.functions()[registration.function].name, registeredAsName(registration.as));
  EXPECT_THAT(names, Contains(Pair("Worker", "thread")));
  EXPECT_THAT(names, Not(Contains(Pair("Done", "thread"))));
}

TEST(StaticGuards, ABitIsTestedAndSet) {
  const BuildOptions bits{{"-fno-threadsafe-statics"}};
  const Comparison c =
      compareSources(statics("return Make(x);"), statics("static int limit = Make(x); return limit;"), bits);
  EXPECT_THAT(staticsOf(c), ElementsAre(Pair("Fix::limit", "added")));
}

TEST(Vtables, EndWhereTheNextClassBegins) {
  const auto source = [](const char *more) {
    return std::string("inline void *operator new(unsigned long long, void *place) { return place; }\n"
                       "struct A { virtual int one(int x) { return x + n; } ") +
           more +
           " int n; };\nstruct B { virtual int two(int x) { return x * n; } int n; };\n"
           "EXPORT A *MakeA(void *p) { return new (p) A; }\nEXPORT B *MakeB(void *p) { return new (p) B; }\n";
  };
  const std::string typeInfo =
      "extern \"C\" const void *const typeInfo[2] __asm__(\"??_7type_info@@6B@\") = {nullptr, nullptr};\n";
  for (const char *option : {"-fno-rtti", "-frtti"}) {
    const Comparison c = compareSources(typeInfo + source(""),
                                        typeInfo + source("virtual int more(int x) { return x - n; }"), {{option}});
    const Referents referents(c.pre, c.post, *c.diff.pairing);
    const auto table = std::ranges::find(c.diff.globals, "??_7A@@6B@", &GlobalDifference::name);
    ASSERT_NE(table, c.diff.globals.end());
    const auto entries = diffFunctionTable(referents, *table);
    ASSERT_EQ(entries.size(), 1U) << option;
    EXPECT_EQ(entries[0].offset, 8U);
    EXPECT_FALSE(entries[0].pre);
    EXPECT_EQ(std::ranges::find(c.diff.globals, "??_7B@@6B@", &GlobalDifference::name), c.diff.globals.end()) << option;
  }
}

TEST(GlobalDiff, StaticsOfOneNameInOneObjectStayApart) {
  const auto source = [](const char *value) {
    return std::string("namespace a { static int g_count = ") + value +
           "; }\nnamespace b { static int g_count = 1; }\n"
           "EXPORT int *A() { return &a::g_count; }\nEXPORT int *B() { return &b::g_count; }\n";
  };
  const Comparison c = compareSources(source("2"), source("3"));
  std::set<std::string> names;
  for (const GlobalDifference &global : c.diff.globals)
    EXPECT_TRUE(names.insert(global.name).second) << global.name;
  EXPECT_EQ(names.size(), 1U);
}

} // namespace
} // namespace hotgate::analyzer::test
