// Where functions begin, found from the image alone, against what the PDB says. Machines without unwind tables for
// every function: x86 has none, and on ARM64 a leaf function needs none.
#include "tests/analyzer/diff/built_program.h"

namespace hotgate::analyzer::test {

namespace {

struct Entries {
  std::vector<uint32_t> found, wanted;
};

Entries entriesOf(const std::string &machine, const std::string &source) {
  const auto image = buildImage(source, {{"--target=" + machine + "-pc-windows-msvc"}, {}, {}, false});
  const auto beginsOf = [](const Program &program) {
    std::vector<uint32_t> begins;
    for (const Function &function : program.functions())
      begins.push_back(function.body.rva);
    return begins;
  };
  return {beginsOf(openProgram(image, false)), beginsOf(openProgram(image, true))};
}

// Each of its own kind, or they become a table of numbers.
std::string cases() {
  const std::array<std::string, 3> kinds{"sink = sink * 5 + x;", "sink = x; sink = 3;", "sink ^= x; --x; sink = x;"};
  std::string text;
  for (int i = 0; i < 12; ++i)
    text +=
        "case " + std::to_string(i) + ": " + kinds[i % kinds.size()] + " sink = " + std::to_string(i) + "; break;\n";
  return text;
}

// A loop over a switch: its cases are places in the middle of the function, some of them aligned.
std::string machineOfStates(const std::string &name) {
  return "NOINLINE static int " + name + "(int *next, int x) {\n  for (; sink != 99; x = *next++) switch (x) {\n" +
         cases() + "default: sink += x; break; }\n return sink; }\n";
}

constexpr const char *sinkOnly = "extern \"C\" { volatile int sink; }\n";

TEST(X86Functions, OneThatIsOnlyStoredSomewhereKeepsTheCasesOfItsSwitch) {
  const Entries entries = entriesOf("i386", sinkOnly + machineOfStates("step") +
                                                "struct State { int (*step)(int *, int); };\n"
                                                "EXPORT void start(State *state) { state->step = step; }\n");
  EXPECT_EQ(entries.found, entries.wanted);
}

TEST(X86Functions, OneThatOnlyDataPointsToKeepsTheCasesOfItsSwitch) {
  const Entries entries = entriesOf("i386", sinkOnly + machineOfStates("one") + machineOfStates("two") +
                                                "EXPORT int (*const steps[])(int *, int) = {one, two};\n");
  EXPECT_EQ(entries.found, entries.wanted);
}

TEST(X86Functions, AConditionalJumpToAnotherOneDoesNotJoinThem) {
  const Entries entries =
      entriesOf("i386", sinkOnly + std::string("void last();\n"
                                               "EXPORT void first() { if (sink) return last(); sink = 1; }\n"
                                               "NOINLINE static void between() { sink = 2; }\n"
                                               "NOINLINE void last() { sink = 3; sink = 4; }\n"
                                               "EXPORT void (*const pointer)() = between;\n"));
  EXPECT_EQ(entries.found, entries.wanted);
}

TEST(X86Functions, OneThatSuchAFunctionCallsKeepsThemToo) {
  const Entries entries = entriesOf("i386", sinkOnly + machineOfStates("callee") +
                                                "NOINLINE static int caller(int *p) { return callee(p, 1) + 1; }\n"
                                                "EXPORT int (*const pointers[])(int *) = {caller};\n");
  EXPECT_EQ(entries.found, entries.wanted);
}

// Only the function's table of scopes leads to its filter and its handler.
TEST(X86Functions, FiltersAndHandlersAreBlocksOfTheirFunction) {
  const Entries entries = entriesOf(
      "i386", sinkOnly + std::string("extern \"C\" int _except_handler3() { return sink; }\n"
                                     "NOINLINE static void risky() { sink = *(volatile int *)8; }\n"
                                     "EXPORT int guarded() { __try { risky(); } __except (sink == 3) { sink = 7; "
                                     "return 1; } return 0; }\n"
                                     "EXPORT int behind() { return sink * 3; }\n"));
  EXPECT_EQ(entries.found, entries.wanted);
}

// As MSVC compiles it: the __finally is called where the __try ends well, behind what restores registers otherwise.
TEST(X86Functions, AFinallyIsABlockOfItsFunction) {
  const auto image = buildWith({{"code.s", R"(.intel_syntax noprefix
.section .rdata,"dr"
.p2align 2
scopes: .long -2, 0, -1, 0, -2, 0, handler
.text
.globl _guarded
_guarded: push 8
mov eax, offset scopes
push eax
call _prologue
mov dword ptr [ebp - 4], 0
call _prologue
mov dword ptr [ebp - 4], -2
call finally
jmp behind
handler: mov esi, dword ptr [ebp - 28]
finally: mov eax, dword ptr [ebp - 32]
ret
behind: mov eax, 1
ret
.p2align 4, 0xCC
_prologue: push ebp
mov ebp, esp
ret
.section .drectve,"yn"
.ascii " /export:_guarded"
)"}},
                               {"clang-19 --target=i386-pc-windows-msvc -c code.s -o code.obj",
                                "lld-link-19 /dll /noentry /nodefaultlib /safeseh:no /Brepro /out:code.dll code.obj"},
                               "code.dll");
  EXPECT_THAT(openProgram(image, false).functions(), testing::SizeIs(2));
}

TEST(Arm64LeafFunctions, ATailCallToTheFunctionBehindEndsOne) {
  const Entries entries =
      entriesOf("aarch64", sinkOnly + std::string("int last(int x);\n"
                                                  "EXPORT int first(int x) { return last(x + 1); }\n"
                                                  "NOINLINE int last(int x) { return sink = x; }\n"));
  EXPECT_EQ(entries.found, entries.wanted);
}

// `adr x9, first case`, `add x9, x9, x8, lsl 2`, `br x9`, at any place, aligned or not; and nothing else leads beyond.
TEST(Arm64LeafFunctions, TheCasesOfASwitchAreNoFunctions) {
  std::string cases;
  for (int i = 0; i < 4; ++i) {
    const auto group = [i](int first) { return "case " + std::to_string(first + i) + ": h = h * 5 + *p++;\n"; };
    cases += group(12) + group(8) + group(4) + "case " + std::to_string(i) + ": h = h * 3 + " + std::to_string(i) +
             "; h ^= h >> 3; break;\n";
  }
  std::string source = sinkOnly;
  std::string stores;
  for (const std::string name : {"a", "b", "c", "d", "e", "f", "g", "h"})
    source += "EXPORT int " + name + "(int h, const int *p, int n) { switch (n & 15) {\n" + cases +
              "}\n return h + 1; }\nEXPORT void behind_" + name + "() { " + (stores += "sink = 1; ") + "}\n";
  const Entries entries = entriesOf("aarch64", source);
  EXPECT_EQ(entries.found, entries.wanted);
}

} // namespace

} // namespace hotgate::analyzer::test
