// Functions that differ in nothing but __LINE__: blank lines at the top of a file move every assert below them.
#include "tests/analyzer/diff/built_program.h"

namespace hotgate::analyzer::test {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

// Asserts as real programs have them: several in one function, in an inlined one, in a loop, and a line that is stored.
constexpr const char *asserts = R"(
volatile int g_failures;
volatile unsigned g_lastLine;
EXPORT NOINLINE void Fail(const char *what, const char *file, unsigned line) { g_failures = g_failures + (what != file); g_lastLine = line; }
EXPORT NOINLINE void Log(unsigned level) { g_failures = g_failures + level; }
#define ASSERT(e) ((e) ? (void)0 : Fail(#e, "lease.cpp", __LINE__))
static inline int Checked(int *p) {
  ASSERT(p != nullptr);
  return *p;
}
EXPORT int One(int n) {
  ASSERT(n > 0);
  return n * 3;
}
EXPORT int Several(int *p, int n) {
  ASSERT(p);
  ASSERT(n >= 0);
  int sum = 0;
  for (int i = 0; i < n; ++i) {
    ASSERT(p[i] != 7);
    sum += p[i];
  }
  ASSERT(sum != 12345);
  return sum;
}
EXPORT int OverLines(int *p, int n) {
  ASSERT(p == nullptr ||
         n > 0 ||

         *p == 3);
  return n;
}
EXPORT int WithInlined(int *p, int *q) {
  return Checked(p) * Checked(q);
}
EXPORT void StoresLine() {
  g_lastLine = __LINE__;
}
EXPORT int NoLine(int n) { return n ^ 0x55; }
)";

std::string moved(const std::string &source) { return std::string(40, '\n') + source; }

std::set<std::string> lineOnly(const Comparison &comparison) {
  std::set<std::string> names;
  for (const FunctionDifference &difference : comparison.diff.functions)
    if (difference.lineOnly)
      names.insert(comparison.pre.functions()[*difference.pre].name);
  return names;
}

TEST(LineNumbers, BlankLinesAtTheTopAreLineNumbersOnly) {
  const Comparison comparison = compareSources(asserts, moved(asserts));
  EXPECT_THAT(comparison.changed(), UnorderedElementsAre("One", "Several", "OverLines", "WithInlined", "StoresLine"));
  EXPECT_EQ(lineOnly(comparison), comparison.changed());
  for (const FunctionDifference &difference : comparison.diff.functions)
    if (difference.lineOnly) {
      EXPECT_THAT(difference.reasons, UnorderedElementsAre("line number"));
      EXPECT_FALSE(difference.listing.empty()) << "shown, never hidden";
    }
}

// `return Corrupt(__LINE__)` twice in a function is one call, of which the line table says nothing.
std::string merged(int firstLine, int first, int second, const char *callee = "Fail") {
  return asserts + fmt::format(R"(
EXPORT NOINLINE void FailToo(const char *what, const char *file, unsigned line) {{ g_failures = g_failures - (what != file); g_lastLine = line; }}
static inline int Corrupt(unsigned line) {{
  {3}("corrupt", "lease.cpp", line);
  return 11;
}}
EXPORT NOINLINE int Size(const unsigned char *p) {{ return p[0] + g_failures; }}
#line {0}
EXPORT int Check(const unsigned char *p, int n, int first, int last) {{
  for (int i = 0; i < n; ++i) {{
    int at = p[2 * i];

    if (at < first || at > last) {{
      return Corrupt({1});
    }}
    int size = Size(p + at);

    if (at + size > n) {{
      return Corrupt({2});
    }}
  }}
  return 0;
}}
)",
                               firstLine, first, second, callee);
}

TEST(LineNumbers, AStatementThatWasMergedHasTheLineBehindItsCondition) {
  const Comparison comparison = compareSources(merged(1000, 1005, 1010), merged(1040, 1045, 1050));
  EXPECT_THAT(comparison.changed(), UnorderedElementsAre("Check"));
  EXPECT_THAT(comparison.function("Check").reasons, UnorderedElementsAre("line number"));
}

// Each number moves as the lines do, and one is the line of another statement, or of none.
TEST(LineNumbers, AnotherNumberInAMergedStatementIsNone) {
  const auto lineOnly = [](int first, int second, int movedFirst, int movedSecond) {
    return compareSources(merged(1000, first, second), merged(1040, movedFirst, movedSecond))
        .function("Check")
        .lineOnly;
  };
  EXPECT_TRUE(lineOnly(1005, 1010, 1045, 1050));
  EXPECT_FALSE(lineOnly(1001, 1010, 1041, 1050)) << "the line of another statement, in front";
  EXPECT_FALSE(lineOnly(1005, 1007, 1045, 1047)) << "the line of another statement, between";
  EXPECT_FALSE(lineOnly(1007, 1010, 1047, 1050)) << "the next statement behind";
  EXPECT_FALSE(lineOnly(1005, 1010, 1045, 1049)) << "a number that moved less";
  EXPECT_FALSE(lineOnly(1005, 1010, 1045, 1051)) << "a number that moved more";
  EXPECT_FALSE(lineOnly(5, 1010, 45, 1050));
  EXPECT_FALSE(compareSources(merged(1000, 1005, 1010), merged(1040, 1045, 1050, "FailToo")).function("Check").lineOnly)
      << "the merged call goes elsewhere";
}

TEST(LineNumbers, UnoptimisedCodeToo) {
  const Comparison comparison = compareSources(asserts, moved(asserts), {.compile = {"-O0"}});
  EXPECT_THAT(comparison.changed(), UnorderedElementsAre("One", "Several", "OverLines", "Checked", "StoresLine"));
  EXPECT_EQ(lineOnly(comparison), comparison.changed());
}

TEST(LineNumbers, WithoutLineTablesAChangeIsAChange) {
  const auto pre = buildImage(asserts);
  const auto post = buildImage(moved(asserts));
  const Comparison comparison(pre, post, /*withSymbols=*/false);
  EXPECT_FALSE(comparison.changed().empty());
  EXPECT_THAT(lineOnly(comparison), IsEmpty());
}

// Without symbols nothing says that a number is a line, but that it is a number is seen.
TEST(LineNumbers, WithoutLineTablesTheReasonIsTheNumberAlone) {
  const auto source = [](const char *variable) {
    return asserts + fmt::format(R"(
volatile int g_used[2], g_onlyHere[4], g_usedToo[2];
EXPORT int UsesBoth() {{ return g_used[0] + g_usedToo[0]; }}
EXPORT void WritesBoth(int n) {{ g_used[1] = n; g_usedToo[1] = n; }}
EXPORT NOINLINE void Five(int a, int b, int c, int d, unsigned line) {{ g_failures = a + b + c + d; g_lastLine = line; }}
EXPORT void UsesAlone(int n) {{
  {} = n;
  Five(n, n, n, n, __LINE__);
}}
)",
                                 variable);
  };
  const auto reasons = [&](const std::string &pre, const std::string &post) {
    const auto preImage = buildImage(pre);
    const auto postImage = buildImage(post);
    return Comparison(preImage, postImage, /*withSymbols=*/false).function("UsesAlone").reasons;
  };
  EXPECT_THAT(reasons(source("g_onlyHere[1]"), moved(source("g_onlyHere[1]"))), UnorderedElementsAre("immediate"));
  EXPECT_THAT(reasons(source("g_onlyHere[1]"), moved(source("g_onlyHere[2]"))),
              UnorderedElementsAre("immediate", "variable"));
}

// More instructions between two differences than an alignment table has room for.
TEST(LineNumbers, AHugeFunctionIsReadInStep) {
  std::string source = std::string(asserts) + "EXPORT int Huge(int n) {\n  ASSERT(n > 0);\n";
  for (int i = 0; i < 1500; ++i)
    source += fmt::format("  if (g_failures != n) g_lastLine = {};\n", i);
  source += "  ASSERT(n > 1);\n  return n;\n}\n";
  const auto pre = buildImage(source);
  const auto post = buildImage(moved(source));
  EXPECT_THAT(Comparison(pre, post, /*withSymbols=*/false).function("Huge").reasons, UnorderedElementsAre("immediate"));
  EXPECT_THAT(Comparison(pre, post).function("Huge").reasons, UnorderedElementsAre("line number"));
}

// The same amount as the lines moved by, and numbers that are lines of the same function.
TEST(LineNumbers, AnOrdinaryImmediateIsNone) {
  const auto source = [](int line, int level, int limit) {
    return asserts + fmt::format(R"(
#line {0}
EXPORT int LogsItsFirstLine(int n) {{
  ASSERT(n > 0);
  Log({1}); // two lines up
  g_lastLine = {1} + 3; // the next line, which has code
  return n * 3;
}}
EXPORT void LogsTheNextLine() {{
#line {0}
  Log({1} + 1);
  g_lastLine = 3;
}}
EXPORT int AddsItsLine(int n) {{
#line {0}
  return n + {1};
}}
EXPORT int ComparesItsLine(int n) {{
#line {0}
  return n < {1};
}}
EXPORT int Sized(int n) {{
  ASSERT(n > {2});
  return n;
}}
)",
                                 line, level, limit);
  };
  const Comparison comparison = compareSources(source(1010, 1010, 5), source(1050, 1050, 45));
  EXPECT_THAT(comparison.changed(),
              UnorderedElementsAre("LogsItsFirstLine", "LogsTheNextLine", "AddsItsLine", "ComparesItsLine", "Sized"));
  EXPECT_THAT(lineOnly(comparison), IsEmpty());
}

TEST(LineNumbers, ALineOfAnotherFileIsNone) {
  const auto source = [](const char *file, int line) {
    return asserts +
           fmt::format("EXPORT void Stores() {{\n#line {} \"{}\"\n  g_lastLine = __LINE__;\n}}\n", line, file);
  };
  EXPECT_THAT(lineOnly(compareSources(source("a.h", 1010), source("a.h", 1050))), UnorderedElementsAre("Stores"));
  EXPECT_THAT(lineOnly(compareSources(source("a.h", 1010), source("other/a.h", 1050))), UnorderedElementsAre("Stores"));
  EXPECT_THAT(lineOnly(compareSources(source("a.h", 1010), source("b.h", 1050))), IsEmpty());
}

// Recognising a line number must not hide what else changed in the function.
TEST(LineNumbers, ALineNumberBesideAnotherChangeIsAChange) {
  const auto source = [](const char *callee) {
    return asserts + fmt::format("EXPORT NOINLINE void Other(unsigned n) {{ g_failures = n; }}\n"
                                 "EXPORT void Calls() {{\n  g_lastLine = __LINE__;\n  {}(3);\n}}\n",
                                 callee);
  };
  const Comparison comparison = compareSources(source("Log"), moved(source("Other")));
  EXPECT_THAT(comparison.function("Calls").reasons, testing::Contains("callee"));
  EXPECT_FALSE(comparison.function("Calls").lineOnly);
  EXPECT_TRUE(comparison.function("StoresLine").lineOnly);
}

} // namespace
} // namespace hotgate::analyzer::test
