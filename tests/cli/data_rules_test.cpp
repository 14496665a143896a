// The rules about data on real images: constants, variables, statics of functions, thread-local variables,
// initialisers, vtables. Of these rules, and of those that must not tell the same thing again, each case must have
// exactly the findings that it is about.
//
// What is in a patch image and not reached through a reference slot is its own copy, the run-time's variables of these
// programs too. What other rules say of that is another test's business.
#include "tests/cli/built_kb.h"

namespace hotgate::cli {
namespace {

namespace fs = std::filesystem;
using analyzer::test::BuildOptions;

// `Fix` is what the KB patches.
const std::string helper = "NOINLINE int Helper(int x) { volatile int y = x; return y * 3; }\n";
std::string fix(const std::string &body) { return "EXPORT NOINLINE int Fix(int x) { " + body + " }\n"; }
std::string function(const std::string &name, const std::string &body) {
  return "EXPORT NOINLINE int " + name + "(int x) { " + body + " }\n";
}

// What a run-time library has for statics of functions and thread-local variables.
const std::string threads = R"(
extern "C" unsigned long _tls_index = 0;
#pragma section(".tls", read, write)
#pragma section(".tls$ZZZ", read, write)
extern "C" __declspec(allocate(".tls")) char _tls_start = 0;
extern "C" __declspec(allocate(".tls$ZZZ")) char _tls_end = 0;
extern "C" const struct { void *begin, *end, *index; const void *callbacks; unsigned zeroFill, flags; } _tls_used =
  {&_tls_start, &_tls_end, &_tls_index, nullptr, 0, 0};
)";
const std::string guards = threads + R"(
extern "C" __declspec(thread) int _Init_thread_epoch = -2147483647 - 1;
extern "C" NOINLINE void _Init_thread_header(int *guard) { *guard = -1; }
extern "C" NOINLINE void _Init_thread_footer(int *guard) { *guard = 1; }
)";
// The table of initialisers, and what runs it.
const std::string initialisers = R"(
typedef void (*Initialiser)();
#pragma section(".CRT$XCA", read)
#pragma section(".CRT$XCZ", read)
extern "C" __declspec(allocate(".CRT$XCA")) const Initialiser __xc_a[1] = {nullptr};
extern "C" __declspec(allocate(".CRT$XCZ")) const Initialiser __xc_z[1] = {nullptr};
EXPORT NOINLINE void Start() { for (const Initialiser *i = __xc_a; i != __xc_z; ++i) if (*i != nullptr) (*i)(); }
)";

std::string constants(const char *last) {
  return std::string("extern const int table[6] = {2, 7, 1, 8, 2, ") + last + "};\n" + helper +
         fix("return table[x % 6];") + function("Other", "return table[x % 5] * 2;");
}

// `key` is asm that defines g_key; the new code reads it 16 bytes at a time.
std::string keyed(const std::string &key, const std::string &body, const std::string &alignment = "16") {
  return "__asm__(\".section .keys,\\\"dw\\\"\\n.globl g_key\\n" + key +
         "g_key: .long 1, 2, 3, 4\\n.text\\n\");\ntypedef int Four __attribute__((vector_size(16), aligned(" +
         alignment +
         ")));\n"
         "extern \"C\" Four g_key;\nextern \"C\" Four g_sum;\nFour g_sum;\nextern \"C\" Four *const __ref_g_sum = "
         "&g_sum;\n" +
         fix(body);
}

std::string shapes(const std::string &round, const std::string &rest, const char *number) {
  return "inline void *operator new(unsigned long long, void *place) { return place; }\n"
         "struct Shape { virtual int area(int); virtual int sides(int); " +
         rest +
         " int n; };\nint Shape::area(int x) { return n + x; }\nint Shape::sides(int x) { return n * x; }\n"
         "struct Round : Shape { " +
         round + " };\nEXPORT NOINLINE Shape *Make(void *place) { return new (place) Round; }\n" + helper +
         fix(std::string("return Helper(x) + ") + number + ";");
}

std::string handlers(const char *second) {
  return std::string("NOINLINE int First(int x) { volatile int y = x; return y + 1; }\n"
                     "NOINLINE int Second(int x) { volatile int y = x; return y + 2; }\n"
                     "NOINLINE int Third(int x) { volatile int y = x; return y + 3; }\ntypedef int (*Handler)(int);\n"
                     "extern const Handler handlers[3] = {First, ") +
         second + ", Third};\nextern const Handler all[3] = {First, Second, Third};\n" +
         fix("return handlers[x % 3](x);") + function("Other", "return handlers[x % 2](x) + all[x % 3](x);");
}

std::vector<Case> cases() {
  const std::string seven = helper + fix("return Helper(x) + 7;");
  const std::string eight = helper + fix("return Helper(x) + 8;");
  const BuildOptions bits{{"-fno-threadsafe-statics"}};
  return {
      {"ConstantBecomesAVariable",
       "extern const int g_limit = 10;\n" + helper + fix("return Helper(x) + *(const volatile int *)&g_limit;"),
       "int g_limit = 10;\n" + helper + fix("return Helper(x) + ++*(volatile int *)&g_limit;"),
       {"Fix"},
       "block",
       {"HG212"}},
      {"VariableThatRunningCodeWritesBecomesAConstant",
       "int g_mode = 10;\nint *volatile g_unused;\n" + helper + fix("return Helper(x) + g_mode;") +
           "EXPORT NOINLINE void Set(int x) { *(volatile int *)&g_mode = x; }\n",
       "extern const int g_mode = 10;\nint *volatile g_unused;\n" + helper +
           fix("return Helper(x) + *(const volatile int *)&g_mode;") +
           "EXPORT NOINLINE void Set(int x) { *(volatile int *)&g_mode = x; }\n",
       {"Fix"},
       "block",
       // The update's Set writes to a constant: another function than the base's.
       {"HG103", "HG212"}},
      {"InstructionWantsAMultipleOfSixteen",
       keyed(".p2align 4\\n.long 0\\n", "return ((volatile int *)&g_key)[x & 3];"),
       keyed(".p2align 4\\n.quad 0, 0\\n", "*__ref_g_sum = g_key; return ((volatile int *)&g_key)[x & 3];"),
       {"Fix"},
       "block",
       {"HG212"}},
      {"AnyPlaceServesAnUnalignedRead",
       keyed(".p2align 4\\n.long 0\\n", "return ((volatile int *)&g_key)[x & 3];"),
       keyed(".p2align 4\\n.quad 0, 0\\n", "*__ref_g_sum = g_key; return ((volatile int *)&g_key)[x & 3];", "4"),
       {"Fix"},
       "approve",
       {}},
      {"ConstantsSideBySide", constants("8"), constants("9"), {"Fix"}, "review", {"HG213"}},
      {"ConstantOfRedirectedCodeOnly", constants("8"), constants("9"), {"Fix", "Other"}, "approve", {}},
      {"ConstantThatIsNotLive",
       constants("8") + function("Third", "return Helper(x) + 7;"),
       constants("9") + function("Third", "return Helper(x) + 8;"),
       {"Third"},
       "block",
       {"HG219"}},
      {"NewThreadSafeStatic",
       guards + seven + function("Old", "static int limit = Helper(x); return limit + x;"),
       guards + helper + function("Old", "static int limit = Helper(x); return limit + x;") +
           fix("static int limit = Helper(x); return limit + x;"),
       {"Fix"},
       "block",
       {"HG214"}},
      {"NewStaticWithABit",
       seven,
       helper + fix("static int limit = Helper(x); return limit + x;"),
       {"Fix"},
       "block",
       {"HG214"},
       bits,
       bits},
      {"NewStaticWithAConstant",
       guards + seven,
       guards + helper + fix("static const int limit = 5; return limit + Helper(x);"),
       {"Fix"},
       "approve",
       {}},
      {"StaticIsInitialisedOtherwise",
       guards + helper + fix("static int limit = Helper(x); return limit + x;"),
       guards + helper + fix("static int limit = Helper(x) * 5; return limit + x;"),
       {"Fix"},
       "block",
       {"HG215"}},
      {"StaticStaysAndTheRestChanges",
       guards + helper + fix("static int limit = Helper(x); return limit + x;"),
       guards + helper + fix("static int limit = Helper(x); return limit + x * 7;"),
       {"Fix"},
       "block",
       {}},
      {"WhatOnlyAnInitialiserCalls",
       guards + "NOINLINE int Compute(int x) { volatile int y = x; return y * 5; }\n" +
           fix("static int limit = Compute(x); return limit + x;"),
       guards + "NOINLINE int Compute(int x) { volatile int y = x; return y * 7; }\n" +
           fix("static int limit = Compute(x); return limit + x;"),
       {"Compute"},
       "review",
       {"HG215"}},
      {"VariableIsDropped",
       "int g_pending;\n" + helper + fix("return Helper(x) + ++g_pending;"),
       helper + fix("return Helper(x) + 1;"),
       {"Fix"},
       "review",
       {"HG216"}},
      {"NewThreadLocal",
       threads + "__declspec(thread) int t_count = 5;\n" + helper + fix("return Helper(x) + t_count;"),
       threads + "__declspec(thread) int t_count = 5;\n__declspec(thread) int t_depth = 6;\n" + helper +
           fix("return Helper(x) + t_count + ++t_depth;"),
       {"Fix"},
       "block",
       {"HG217"}},
      {"MovedThreadLocal",
       threads + "__declspec(thread) int t_count = 5;\nEXPORT NOINLINE int Count() { return 1; }\n" + helper +
           fix("return Helper(x) + t_count;"),
       threads +
           "__declspec(thread) int t_first = 5;\n__declspec(thread) int t_count = 5;\n"
           "EXPORT NOINLINE int Count() { return t_first + 1; }\n" +
           helper + fix("return Helper(x) + t_count * 2;"),
       {"Fix", "Count"},
       "block",
       {"HG217"}},
      {"ThreadLocalStaysWhereItIs",
       threads + "__declspec(thread) int t_count = 5;\n" + helper + fix("return Helper(x) + t_count;"),
       threads + "__declspec(thread) int t_count = 5;\n" + helper + fix("return Helper(x) + t_count * 2;"),
       {"Fix"},
       "block",
       {}},
      {"ThreadLocalsInitialValue",
       threads + "__declspec(thread) int t_count = 5;\n" + seven + function("Count", "return t_count;"),
       threads + "__declspec(thread) int t_count = 6;\n" + eight + function("Count", "return t_count;"),
       {"Fix"},
       "review",
       {"HG203"}},
      {"NewGlobalThatAnInitialiserSets",
       initialisers + "int g_old = 1;\n" + seven,
       initialisers + "int g_old = 1;\n" + helper + "int g_limit = Helper(7);\n" + fix("return Helper(x) + g_limit;"),
       {"Fix"},
       "block",
       {"HG218"}},
      {"NewGlobalThatNewCodeSets",
       seven,
       helper + "int g_limit;\nint *const __ref_none = nullptr;\n" +
           fix("if (x > 9) g_limit = x; return Helper(x) + g_limit;"),
       {"Fix"},
       "block",
       {}},
      {"NewInitialiser",
       initialisers + seven,
       initialisers + eight + "int g_other = Helper(7);\nint *volatile g_pointer = &g_other;\n",
       {"Fix"},
       "review",
       {"HG304"}},
      {"ChangedInitialiser",
       initialisers + seven + "int g_other = Helper(7);\nint *volatile g_pointer = &g_other;\n",
       initialisers + eight + "int g_other = Helper(9);\nint *volatile g_pointer = &g_other;\n",
       {"Fix"},
       "review",
       {"HG303"}},
      {"VtableLeadsElsewhere",
       shapes("int area(int x) override { return n * x * 3; }", "", "7"),
       shapes("", "", "8"),
       {"Fix"},
       "review",
       {"HG305"}},
      {"VtableStaysTheSame",
       shapes("int area(int x) override { return n * x * 3; }", "", "7"),
       shapes("int area(int x) override { return n * x * 3; }", "", "8"),
       {"Fix"},
       "approve",
       {}},
      {"VtableGrows",
       shapes("", "", "7"),
       shapes("", "virtual int round(int x) { return n - x; }", "8"),
       {"Fix"},
       "block",
       {"HG306"}},
      {"TableOfFunctionsLeadsElsewhere", handlers("Second"), handlers("Third"), {"Fix"}, "review", {"HG305"}},
  };
}

const std::set<std::string> aboutData = {"HG103", "HG202", "HG203", "HG212", "HG213", "HG214", "HG215",
                                         "HG216", "HG217", "HG218", "HG219", "HG303", "HG304", "HG305",
                                         "HG306", "HG405", "HG408", "HG506", "HG901", "HG902"};

class DataRules : public testing::TestWithParam<Case> {};

TEST_P(DataRules, FindsThisAndNothingElse) {
  const nlohmann::json verdict = check(makeKb(GetParam()));
  std::set<std::string> rules = rulesOf(verdict);
  const bool isToldByOthers =
      std::erase_if(rules, [](const std::string &rule) { return !aboutData.contains(rule); }) != 0;
  EXPECT_EQ(rules, GetParam().rules) << verdict["findings"].dump(2);
  if (!isToldByOthers)
    EXPECT_EQ(verdict["verdict"], GetParam().verdict);
}

INSTANTIATE_TEST_SUITE_P(Cases, DataRules, testing::ValuesIn(cases()),
                         [](const auto &info) { return std::string(info.param.name); });

std::string withOtherImage(const fs::path &kb, const std::string &pre, const std::string &post) {
  const Case other{"Other", pre, post, {}, "", {}};
  const fs::path images = makeKb(other);
  for (const char *side : {"pre", "post"})
    for (const char *file : {"code.dll", "code.pdb"})
      fs::copy(images / side / file, kb / side / (std::string("other") + file));
  std::ofstream(kb / "KB.yaml") << "kb: KB5000001\ntrack: hotpatch\npre: pre/\npost: post/\nhotpatch: hotpatch/\n";
  return "othercode.dll";
}

// Of two images that changed, one has a hotpatch image, and the other's change is no changed function.
TEST(WaitsForRestart, AnImageWithAnotherConstantAndNoHotpatchImageIsTold) {
  const Case c{"Two", helper + fix("return Helper(x) + 7;"), helper + fix("return Helper(x) + 8;"), {"Fix"}, "", {}};
  const std::string table = "extern \"C\" __declspec(dllexport) const int table[2] = {1, ";
  const fs::path kb = makeKb(c);
  const std::string name = withOtherImage(kb, table + "2};\n", table + "3};\n");
  const nlohmann::json verdict = check(kb);
  ASSERT_EQ(rulesOf(verdict), std::set<std::string>{"HG506"}) << verdict["findings"].dump(2);
  EXPECT_EQ(verdict["findings"][0]["subject"], name);
}

TEST(WaitsForRestart, AnInitialValueIsForTheNextStart) {
  const Case c{"Two", helper + fix("return Helper(x) + 7;"), helper + fix("return Helper(x) + 8;"), {"Fix"}, "", {}};
  const std::string table = "extern \"C\" __declspec(dllexport) int table[2] = {1, ";
  const fs::path kb = makeKb(c);
  withOtherImage(kb, table + "2};\n", table + "3};\n");
  const nlohmann::json verdict = check(kb);
  EXPECT_EQ(rulesOf(verdict), std::set<std::string>{"HG203"}) << verdict["findings"].dump(2);
}

// Without symbols nobody knows the variables, but the block's size is in the image.
TEST(ThreadLocalStorage, ALargerBlockIsBlockedWithoutSymbols) {
  const std::string first = threads + "__declspec(thread) int t_count = 5;\n";
  const Case c{"Block",
               first + helper + fix("return Helper(x) + t_count;"),
               first + "__declspec(thread) int t_depth[4] = {6};\n" + helper +
                   fix("return Helper(x) + t_count + ++t_depth[x & 3];"),
               {"Fix"},
               "",
               {}};
  const fs::path kb = makeKb(c);
  for (const char *side : {"pre", "post", "hotpatch"})
    fs::remove(kb / side / "code.pdb");
  EXPECT_TRUE(rulesOf(check(kb)).contains("HG408"));
}

} // namespace
} // namespace hotgate::cli
