// Pairing without symbols, judged by the names that were withheld.
#include "tests/analyzer/diff/built_program.h"

namespace hotgate::analyzer::test {

namespace {

std::map<uint32_t, std::string> namesByRva(const std::filesystem::path &image) {
  std::map<uint32_t, std::string> names;
  const Program program = openProgram(image);
  for (const Function &function : program.functions())
    names[function.body.rva] = function.name;
  return names;
}

struct Nameless {
  Nameless(const std::string &preSource, const std::string &postSource, const BuildOptions &options = {})
      : preImage(buildImage(preSource, options)), postImage(buildImage(postSource, options)),
        comparison(preImage, postImage, false), preNames(namesByRva(preImage)), postNames(namesByRva(postImage)) {}

  std::string preName(const FunctionDifference &difference) const {
    return difference.pre ? preNames.at(comparison.pre.functions()[*difference.pre].body.rva) : "";
  }
  std::string postName(const FunctionDifference &difference) const {
    return difference.post ? postNames.at(comparison.post.functions()[*difference.post].body.rva) : "";
  }
  std::set<std::string> named(ChangeStatus status) const {
    std::set<std::string> names;
    for (const FunctionDifference &difference : comparison.diff.functions)
      if (difference.status == status)
        names.insert(difference.pre ? preName(difference) : postName(difference));
    return names;
  }
  void expectEveryPairIsRight() const {
    for (const FunctionDifference &difference : comparison.diff.functions)
      if (difference.pre && difference.post)
        EXPECT_EQ(preName(difference), postName(difference)) << difference.matchedBy;
  }
  std::string_view passOf(const std::string &name) const {
    for (const FunctionDifference &difference : comparison.diff.functions)
      if (difference.pre && preName(difference) == name)
        return difference.matchedBy;
    return "";
  }

  std::filesystem::path preImage, postImage;
  Comparison comparison;
  std::map<uint32_t, std::string> preNames, postNames;
};

// Four equal getters, each called by one function that nothing else is like; `order` puts them anywhere.
std::string getters(const std::string &order, int bias) {
  std::string source = "int g_a, g_b, g_c, g_d;\n";
  for (const char letter : order) {
    const std::string name(1, letter);
    source += "NOINLINE static int *get_" + name + "() { return &g_" + name + "; }\n";
  }
  source += "EXPORT int UseA(int x) { return *get_a() * 3 + x; }\n"
            "EXPORT int UseB(int x) { return (*get_b() ^ x) << 2; }\n"
            "EXPORT int UseC(int x) { return x - *get_c() / 5; }\n"
            "EXPORT int UseD(int x) { return (*get_d() | " +
            std::to_string(bias) + ") % (x + 1); }\n";
  return source;
}

TEST(Pairing, EqualBodiesAreToldApartByTheirCallers) {
  const Nameless c(getters("abcd", 8), getters("dbca", 8), {.compile = {"-mllvm", "-enable-ipra=0"}});
  c.expectEveryPairIsRight();
  EXPECT_THAT(c.named(ChangeStatus::changed), testing::IsEmpty());
  EXPECT_THAT(c.named(ChangeStatus::added), testing::IsEmpty());
}

TEST(Pairing, VirtualFunctionsPairByTheirSlots) {
  const std::string classes = "struct Shape { virtual int area(int x); virtual int edge(int x); int s; };\n";
  const std::string use = "EXPORT Shape *Make(Shape *p) { return new (p) Shape; }\n"
                          "EXPORT int Ask(Shape *p, int x) { return p->area(x) + p->edge(x); }\n";
  const std::string head = "inline void *operator new(decltype(sizeof(0)), void *p) { return p; }\n" + classes;
  const std::string area = "int Shape::area(int x) { return x; }\n";
  const std::string edge = "int Shape::edge(int x) { return x; }\n";
  const std::string other = "EXPORT int New(int x) { return x * x; }\n";
  const Nameless c(head + area + edge + use, head + other + edge + area + use);
  c.expectEveryPairIsRight();
  EXPECT_THAT(c.named(ChangeStatus::changed), testing::IsEmpty());
  EXPECT_THAT(c.named(ChangeStatus::added), testing::ElementsAre("New"));
}

TEST(Pairing, AChangedFunctionPairsWhereItStands) {
  const auto source = [](const std::string &body) {
    return "int g_log[8];\n"
           "NOINLINE static int first(int x) { return x * 7 + g_log[1]; }\n"
           "NOINLINE static int middle(int x) { int s = 0; for (int i = 0; i < x; ++i) { s += g_log[i & 7] * i; " +
           body +
           " } return s; }\n"
           "NOINLINE static int last(int x) { return x ^ g_log[2]; }\n"
           "EXPORT int All(int x) { return first(x) + middle(x) + last(x); }\n";
  };
  const Nameless c(source(""), source("if (s > 99) s = g_log[3];"));
  c.expectEveryPairIsRight();
  EXPECT_THAT(c.named(ChangeStatus::changed), testing::ElementsAre("middle"));
}

// The one change that only the order of data can show: both variables go on existing, each with one use.
TEST(Pairing, AnotherVariableIsAChangeOfTheFunctionThatUsesIt) {
  const auto source = [](const std::string &variable) {
    return "struct Limits { int soft, hard, least, most, spare; };\n"
           "Limits g_limits = {1, 2, 3, 4, 5};\n"
           "EXPORT int Least() { return g_limits.least++; }\n"
           "EXPORT int Most() { return g_limits.most += 2; }\n"
           "EXPORT int Soft() { return g_limits.soft ^= 4; }\n"
           "EXPORT int Check(int x) { return x < g_limits." +
           variable + "; }\n";
  };
  const Nameless c(source("hard"), source("spare"));
  EXPECT_THAT(c.named(ChangeStatus::changed), testing::ElementsAre("Check"));
}

TEST(Pairing, AReplacedFunctionIsNoPair) {
  const auto source = [](const std::string &helper) {
    return "int g_log[8];\nNOINLINE static " + helper +
           "\nEXPORT int Caller(int x) { return helper(x) + 1; }\nEXPORT int Other(int x) { return x * 3; }\n";
  };
  const Nameless c(
      source("int helper(int x) { return x * x + 12; }"),
      source("int helper(int x) { for (int i = 0; i < 8; ++i) g_log[i] ^= x >> i; return g_log[x & 7]; }"));
  for (const FunctionDifference &difference : c.comparison.diff.functions)
    if (difference.pre && c.preName(difference) == "helper")
      EXPECT_EQ(difference.status, ChangeStatus::removed);
}

// Functions without unwind information, without padding, at the smallest size: the linker's worst for us.
TEST(Discovery, FindsEveryFunctionThatSymbolsKnow) {
  std::string source = "int g_data[64];\n";
  for (int i = 0; i < 40; ++i)
    source += "NOINLINE static int leaf" + std::to_string(i) + "(int x) { return g_data[" + std::to_string(i) +
              "] + x * " + std::to_string(i * 3 + 1) + "; }\n";
  source += "EXPORT int All(int x) { int s = 0;\n";
  for (int i = 0; i < 40; ++i)
    source += "  s ^= leaf" + std::to_string(i) + "(s + x);\n";
  source += "  return s; }\n";
  const auto image = buildImage(source, {.compile = {"-Os"}, .link = {}, .imports = {}, .padding = false});
  const Program known = openProgram(image);
  const Program found = openProgram(image, false);
  for (const Function &function : known.functions()) {
    const auto index = found.functionAtEntry(function.body.rva);
    ASSERT_TRUE(index) << function.name;
    EXPECT_EQ(found.functions()[*index].body.size, function.body.size) << function.name;
  }
}

// A switch as MSVC compiles it: RVAs between the instructions, reached through the image's base.
std::string msvcSwitch(const std::string &entries, const std::string &before = "") {
  return before + R"(asm(R"--(
 .text
 .p2align 4
 .globl Switch
 .seh_proc Switch
Switch:
 subq $40, %rsp
 .seh_stackalloc 40
 .seh_endprologue
 cmpl $2, %ecx
 ja Default
 movl %ecx, %eax
 leaq __ImageBase(%rip), %rdx
 movl Table@IMGREL(%rdx,%rax,4), %ecx
 addq %rdx, %rcx
 jmpq *%rcx
One: movl $11, %eax
 jmp Default
Two: movl $22, %eax
 jmp Default
Three: movl $33, %eax
Default:
 addq $40, %rsp
 retq
 nop
Table:
 )--" R"--()" +
         entries + R"()--" R"--(
 .seh_endproc
 .section .drectve,"yn"
 .ascii " /export:Switch"
 .text
)--");
EXPORT int Other(int x) { return x + 5; }
)";
}

constexpr const char *threeEntries = " .long One@IMGREL, Two@IMGREL, Three@IMGREL";

TEST(JumpTable, IsDataAndItsEntriesAreReferences) {
  const auto image = buildImage(msvcSwitch(threeEntries));
  const Program program = openProgram(image, false);
  const auto found = std::ranges::find_if(program.functions(), [](const Function &f) { return f.name == "Switch"; });
  ASSERT_NE(found, program.functions().end());
  EXPECT_FALSE(found->undecodableAt);
  ASSERT_EQ(found->jumpTables.size(), 1U);
  EXPECT_EQ(found->jumpTables[0].size, 12U);
  EXPECT_EQ(std::ranges::count_if(found->references,
                                  [](const Reference &r) { return r.kind == ReferenceKind::imageRelative; }),
            4); // the table itself, and three cases
}

TEST(JumpTable, MovedIsIdentical) {
  const Nameless c(msvcSwitch(threeEntries), msvcSwitch(threeEntries, "EXPORT int New(int x) { return x * x * x; }\n"));
  EXPECT_THAT(c.named(ChangeStatus::changed), testing::IsEmpty());
}

TEST(JumpTable, AnotherCaseIsAChange) {
  const Nameless c(msvcSwitch(threeEntries), msvcSwitch(" .long One@IMGREL, Three@IMGREL, Two@IMGREL"));
  EXPECT_THAT(c.named(ChangeStatus::changed), testing::ElementsAre("Switch"));
}

} // namespace
} // namespace hotgate::analyzer::test
