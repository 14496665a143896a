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
