// ARM64 and x86 images: what only moved is identical, and what changed is found, without symbols.
#include "tests/analyzer/diff/built_program.h"

namespace hotgate::analyzer::test {

namespace {

// Data of several pages, so that an address has a page and an offset; a switch with a table; a literal.
std::string source(const std::string &first, int limit, const std::string &greeting) {
  return first + R"(
    EXPORT int g_counter = 1;
    EXPORT int g_table[3000] = {1};
    EXPORT int g_last = 2;
    static const char *const names[] = {"one", "two", "three", "four", "five", "six"};
    EXPORT NOINLINE int readCounter() { return g_counter + g_last; }
    EXPORT NOINLINE void writeLast(int value) { g_last = value; g_table[value] = readCounter(); }
    EXPORT NOINLINE const char *name(unsigned index) { return index < 6 ? names[index] : "none"; }
    EXPORT NOINLINE const char *greet() { return ")" +
         greeting + R"("; }
    EXPORT NOINLINE double half(double value) { return value * 0.4999 + g_counter; }
    EXPORT NOINLINE int clamp(int value) { return value > )" +
         std::to_string(limit) + R"( ? 7 : value; }
    EXPORT NOINLINE int choose(int value) {
      switch (value) {
      case 0: return readCounter();
      case 1: writeLast(3); return 5;
      case 2: return clamp(g_last);
      case 3: return clamp(value) * 3;
      case 4: return name(value)[0];
      case 5: return g_table[7];
      default: return -1;
      }
    })";
}

class OtherMachines : public testing::TestWithParam<const char *> {
protected:
  static Comparison compare(const std::string &pre, const std::string &post) {
    const BuildOptions options{{std::string("--target=") + GetParam() + "-pc-windows-msvc"}, {}, {}, true};
    return {buildImage(pre, options), buildImage(post, options), false};
  }
};

// Shifts every function, and every datum by more than a page.
constexpr const char *something = R"(
    EXPORT int g_first[1500] = {3};
    EXPORT NOINLINE int firstOf(int index) { return g_first[index] * 3; })";

TEST_P(OtherMachines, WhatMovedIsIdentical) {
  const Comparison comparison = compare(source("", 100, "hello"), source(something, 100, "hello"));
  EXPECT_THAT(comparison.changed(), testing::IsEmpty());
  EXPECT_THAT(comparison.names(ChangeStatus::removed), testing::IsEmpty());
  EXPECT_THAT(comparison.names(ChangeStatus::identical),
              testing::IsSupersetOf({"readCounter", "writeLast", "name", "greet", "half", "clamp", "choose"}));
}

TEST_P(OtherMachines, AnImmediateThatMovedTooIsAChange) {
  const Comparison comparison = compare(source("", 100, "hello"), source(something, 101, "hello"));
  EXPECT_THAT(comparison.changed(), testing::ElementsAre("clamp"));
  EXPECT_THAT(comparison.function("clamp").reasons, testing::Contains("immediate"));
}

TEST_P(OtherMachines, AConstantBehindAnAddressIsAChange) {
  const Comparison comparison = compare(source("", 100, "hello"), source(something, 100, "hullo"));
  EXPECT_THAT(comparison.changed(), testing::ElementsAre("greet"));
}

// `ldr w0` and `ldrsh w0` differ in bits that stand in the same word as the address.
TEST_P(OtherMachines, AnotherAccessToTheSameAddressIsAChange) {
  const std::string own = "EXPORT int g_own = 2; EXPORT NOINLINE int readOwn() { return ";
  const Comparison comparison =
      compare(source(own + "g_own; }", 100, "hello"), source(own + "(short)g_own; }", 100, "hello"));
  EXPECT_THAT(comparison.changed(), testing::ElementsAre("readOwn"));
}

INSTANTIATE_TEST_SUITE_P(Built, OtherMachines, testing::Values("aarch64", "i386"),
                         [](const auto &info) { return std::string(info.param); });

class X86Data : public testing::TestWithParam<bool> {
protected:
  static std::set<std::string> changed(const std::string &pre, const std::string &post) {
    const BuildOptions options{{"--target=i386-pc-windows-msvc"}, {}, {}, false};
    return Comparison(buildImage(pre, options), buildImage(post, options), GetParam()).changed();
  }
};

// `mov dword ptr [g_text], offset text` writes four bytes, but not of the text.
TEST_P(X86Data, ATextWhoseAddressIsStoredCountsWhole) {
  const auto source = [](const std::string &text) {
    return "EXPORT const char *g_text = 0;\nEXPORT void set() { g_text = \"" + text + "\"; }\n";
  };
  EXPECT_THAT(changed(source("hello, world"), source("hello, werld")), testing::ElementsAre("set"));
}

// `movzx eax, word ptr [2*eax + lengths - 194]` refers to what lies in front of the table.
TEST_P(X86Data, ATableReadFromABaseInFrontOfItIsFoundAllTheSame) {
  const auto source = [](int may) {
    std::string text = "EXPORT const char filler[] = \"";
    for (int i = 0; i < 60; ++i)
      text += "all of it ";
    return text +
           "\";\nEXPORT const char *place() { return \"in front\"; }\n"
           "EXPORT int length(const char *s) { static const unsigned short lengths[] = {31, 28, 31, 30, " +
           std::to_string(may) + ", 30}; return lengths[*s - 'a']; }\n";
  };
  EXPECT_THAT(changed(source(31), source(29)), testing::Contains("length"));
  EXPECT_THAT(changed(source(31), source(31)), testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutSymbols, X86Data, testing::Bool(),
                         [](const auto &info) { return info.param ? "symbols" : "imageOnly"; });

} // namespace

} // namespace hotgate::analyzer::test
