// What counts as a changed function and what does not. Each test compiles one source twice with one difference.
#include "tests/analyzer/diff/built_program.h"

namespace hotgate::analyzer::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

// `Patched` takes the body; `Caller`, `Neighbour` and the data stay.
std::string program(const std::string &body, const std::string &before = "") {
  return before + R"(
int g_first = 1, g_second = 2;
extern const int table[4] = {3, 1, 4, 1};
NOINLINE int Helper(int x) { return x * 3 + g_first; }
NOINLINE int Other(int x) { return x * 5 + g_second; }
NOINLINE int Neighbour(int x) { volatile int y = x; return y + table[y & 3]; }
NOINLINE const char *Text(int x) { return x ? "DHCPREQUEST" : "DHCPDISCOVER"; }
EXPORT NOINLINE int Patched(int x) { )" +
         body + R"( }
EXPORT NOINLINE int Caller(int x) { return Patched(x) + Neighbour(x) + Helper(x) + Other(x) + Text(x)[0]; }
)";
}

TEST(FunctionDiff, TheSameSourceHasNoChangeAndNoDifferingByte) {
  const std::string source = program("return Helper(x) + 7;");
  const Comparison c = compareSources(source, source);
  EXPECT_THAT(c.changed(), IsEmpty());
  EXPECT_EQ(c.diff.ledger.differing().pre + c.diff.ledger.differing().post, 0U);
  EXPECT_THAT(c.names(ChangeStatus::identical), testing::IsSupersetOf({"Patched", "Caller", "Helper", "Neighbour"}));
}

struct Edit {
  const char *name;
  const char *pre;
  const char *post;
  const char *reason;
};

class OneEdit : public testing::TestWithParam<Edit> {};

TEST_P(OneEdit, ChangesThisFunctionAndNoOther) {
  const Comparison c = compareSources(program(GetParam().pre), program(GetParam().post));
  EXPECT_THAT(c.changed(), ElementsAre("Patched"));
  EXPECT_THAT(c.names(ChangeStatus::added), IsEmpty());
  EXPECT_THAT(c.names(ChangeStatus::removed), IsEmpty());
  const FunctionDifference &difference = c.function("Patched");
  EXPECT_THAT(difference.reasons, Contains(GetParam().reason));
  EXPECT_TRUE(std::any_of(difference.listing.begin(), difference.listing.end(), [](const ListingRow &row) {
    return row.differs;
  })) << "the first difference is not shown";
  EXPECT_EQ(c.bytes(Cause::unattributed), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, OneEdit,
    testing::Values(Edit{"Immediate", "return Helper(x) + 7;", "return Helper(x) + 8;", "immediate"},
                    Edit{"Callee", "return Helper(x) + 7;", "return Other(x) + 7;", "callee"},
                    Edit{"TailCallee", "return Helper(x);", "return Other(x);", "callee"},
                    Edit{"Variable", "return ++g_first;", "return ++g_second;", "variable"},
                    Edit{"Block", "return Helper(x) + 7;", "if (x > 9) return 0; return Helper(x) + 7;", "code added"},
                    Edit{"String", "volatile const char *s = \"lease 1\"; return s[x];",
                         "volatile const char *s = \"lease 2\"; return s[x];", "constant"},
                    Edit{"Float", "double d = x; return int(d * 1.5);", "double d = x; return int(d * 2.5);",
                         "constant"},
                    Edit{"Frame", "volatile char b[64]; b[x & 63] = 1; return b[0];",
                         "volatile char b[96]; b[x & 63] = 1; return b[0];", "frame size"}),
    [](const auto &info) { return info.param.name; });

TEST(FunctionDiff, AFunctionThatMovesIsNotChanged) {
  const Comparison c = compareSources(
      program("return Helper(x) + 7;"),
      program("return Helper(x) + 7;", "EXPORT NOINLINE int New(int x) { volatile int y = x; return y * y; }"));
  EXPECT_THAT(c.changed(), IsEmpty());
  EXPECT_THAT(c.names(ChangeStatus::added), ElementsAre("New"));
  EXPECT_GT(c.bytes(Cause::displacementOnly), 0U) << "calls across the new function have other displacements";
  EXPECT_EQ(c.bytes(Cause::unattributed), 0U);
}

TEST(FunctionDiff, ARemovedFunctionIsNamed) {
  const Comparison c =
      compareSources(program("return 1;", "EXPORT int Old(int x) { return x * x; }"), program("return 1;"));
  EXPECT_THAT(c.names(ChangeStatus::removed), ElementsAre("Old"));
}

constexpr const char *switchHead = R"(
NOINLINE int Use(int x) { volatile int y = x; return y; }
EXPORT NOINLINE int Switch(int x) { switch (x) {
  case 0: return Use(11); case 1: return Use(22) + 1; case 2: return Use(33) * 3; case 3: return Use(44) - 9;
  case 4: return Use(55) ^ 5; case 5: return Use(66) | 64; case 6: return Use(77) & 7; )";

TEST(FunctionDiff, AJumpTableThatMovesIsTheSameTable) {
  const std::string tail = "default: return 0; } }";
  const Comparison c =
      compareSources(switchHead + tail,
                     "EXPORT NOINLINE int New(int x) { volatile int y = x; return y * y * y; }" + (switchHead + tail));
  EXPECT_THAT(c.changed(), IsEmpty());
}

TEST(FunctionDiff, AJumpTableWithOtherTargetsIsAChange) {
  const std::string swapped = R"(
NOINLINE int Use(int x) { volatile int y = x; return y; }
EXPORT NOINLINE int Switch(int x) { switch (x) {
  case 1: return Use(11); case 0: return Use(22) + 1; case 2: return Use(33) * 3; case 3: return Use(44) - 9;
  case 4: return Use(55) ^ 5; case 5: return Use(66) | 64; case 6: return Use(77) & 7; default: return 0; } })";
  const Comparison c = compareSources(switchHead + std::string("default: return 0; } }"), swapped);
  EXPECT_THAT(c.changed(), ElementsAre("Switch"));
}

// The table's entries for 4 and 6 lead behind the function's last instruction.
TEST(FunctionDiff, CasesThatCannotBeMoveWithTheirFunction) {
  const std::string closed = R"(volatile int sink;
EXPORT NOINLINE int Closed(unsigned x) { switch (x) {
case 0: sink = 3; return 1; case 1: sink = 5; sink = 1; return 4; case 2: sink = 7; return 9; case 3: return sink;
case 5: sink = sink * 3; return 2; case 7: sink = 9; sink = 4; return 6; default: __builtin_unreachable(); } }
)";
  const std::string first = "EXPORT NOINLINE int New(int x) { volatile int y = x; return y * y * y; }\n";
  for (const bool withSymbols : {true, false})
    EXPECT_THAT(Comparison(buildImage(closed), buildImage(first + closed), withSymbols).changed(), testing::IsEmpty());
}

// A table of distances to texts, the first of which stands right behind it.
TEST(FunctionDiff, ATableOfTextsBehindItMayMove) {
  const auto image = [](const std::string &first) {
    const std::string assembly = R"(
.section .rdata,"dr"
.byte 0
outside: .asciz "outside"
.asciz ")" + first + R"("
.p2align 2
table: .long one - table, two - table, outside - table
one: .asciz "one"
two: .asciz "two"
.text
.globl name
name: lea rax, [rip + table]
movsxd rcx, dword ptr [rax + 4*rcx]
add rax, rcx
ret
.section .drectve,"yn"
.ascii " /export:name"
)";
    return buildWith({{"code.s", ".intel_syntax noprefix" + assembly}},
                     {"clang-19 --target=x86_64-pc-windows-msvc -c code.s -o code.obj",
                      "lld-link-19 /dll /noentry /nodefaultlib /Brepro /out:code.dll code.obj"},
                     "code.dll");
  };
  EXPECT_THAT(Comparison(image("one two three four"), image("one two three four five six"), false).changed(),
              testing::IsEmpty());
}

TEST(FunctionDiff, AChangedInlineeChangesItsCallers) {
  const auto source = [](const char *value) {
    return std::string("inline int Inlined(int x) { volatile int y = x; return y + ") + value +
           "; }\nEXPORT NOINLINE int A(int x) { return Inlined(x) * 3; }\nEXPORT NOINLINE int B(int x) { return "
           "Inlined(x) * 5; }\nEXPORT NOINLINE int C(int x) { return x * 7; }";
  };
  const Comparison c = compareSources(source("100"), source("200"));
  EXPECT_THAT(c.changed(), ElementsAre("A", "B"));
  EXPECT_THAT(c.pre.functions()[*c.function("A").pre].inlinees, ElementsAre("Inlined"));
  EXPECT_THAT(c.pre.functions()[*c.function("C").pre].inlinees, IsEmpty());
}

TEST(FunctionDiff, FoldedFunctionsKeepAllTheirNames) {
  const char *source =
      "EXPORT NOINLINE int A(int x) { return x * 77; }\nEXPORT NOINLINE int B(int x) { return x * 77; }";
  const Comparison c = compareSources(source, source, {{}, {"/opt:icf"}});
  EXPECT_THAT(c.changed(), IsEmpty());
  const auto folded = std::find_if(c.pre.functions().begin(), c.pre.functions().end(),
                                   [](const Function &f) { return f.names.size() > 1; });
  ASSERT_NE(folded, c.pre.functions().end());
  EXPECT_THAT(folded->names, ElementsAre("A", "B"));
}

TEST(FunctionDiff, WithoutSymbolsBodiesStillPair) {
  const std::filesystem::path pre = buildImage(program("return Helper(x) + 7;"));
  const std::filesystem::path post = buildImage(program("return Helper(x) + 8;"));
  const Comparison c(pre, post, /*withSymbols=*/false);
  EXPECT_THAT(c.changed(), Contains("Patched")) << "paired by its export";
  EXPECT_THAT(c.names(ChangeStatus::added), IsEmpty());
  EXPECT_THAT(c.names(ChangeStatus::removed), IsEmpty());
}

TEST(ProgramFacts, PaddingFirstInstructionAndRoots) {
  const Program p = openProgram(buildImage(
      "NOINLINE int Direct(int x) { volatile int y = x; return y; }\nNOINLINE int Taken(int x) { return x * 9; }\n"
      "int (*g_pointer)(int) = Taken;\nEXPORT NOINLINE int Exported(int x) { return Direct(x) + g_pointer(x); }"));
  std::map<std::string, const Function *> byName;
  for (const Function &function : p.functions())
    byName[function.name] = &function;
  for (const char *name : {"Direct", "Taken", "Exported"}) {
    ASSERT_TRUE(byName.contains(name));
    EXPECT_GE(byName[name]->padding, 6U) << name;
    EXPECT_GE(byName[name]->firstInstructionSize, 2U) << name;
  }
  EXPECT_FALSE(byName["Direct"]->isRoot);
  EXPECT_TRUE(byName["Taken"]->isRoot) << "its address is in g_pointer";
  EXPECT_TRUE(byName["Exported"]->isRoot);
}

TEST(ProgramFacts, ALoopBackToTheEntryIsCounted) {
  const Program p = openProgram(buildImage(
      "EXPORT __attribute__((naked)) void Loop() { __asm__(\"decl %ecx\\n jnz Loop\\n ret\"); }\n"
      "EXPORT __attribute__((naked)) void Straight() { __asm__(\"decl %ecx\\n 1: decl %ecx\\n jnz 1b\\n ret\"); }"));
  for (const Function &function : p.functions()) {
    if (function.name == "Loop")
      EXPECT_EQ(function.branchesToEntry, 1U);
    if (function.name == "Straight")
      EXPECT_EQ(function.branchesToEntry, 0U);
  }
}

} // namespace
} // namespace hotgate::analyzer::test
