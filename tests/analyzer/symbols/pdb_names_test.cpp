// Names of functions from PDBs: of a PDB with public symbols only, and of bodies that the linker folded.
#include "tests/analyzer/diff/built_program.h"

namespace hotgate::analyzer::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const BuildOptions publicOnly{.compile = {"-g0"}};

TEST(PublicPdb, NamesWithoutSizesAndTypes) {
  const Program program =
      openProgram(buildImage("int g_total = 3;\nEXPORT int Total() { return g_total; }\n", publicOnly));
  EXPECT_EQ(program.symbols().level, SymbolLevel::publicOnly);
  EXPECT_THAT(program.symbols().types, IsEmpty());
  EXPECT_TRUE(program.symbols().lines.empty());
  for (const FunctionSymbol &function : program.symbols().functions)
    EXPECT_EQ(function.size, 0U) << function.name;
}

// Neither the body nor an export tells which function it is; the name does.
TEST(PublicPdb, AChangedFunctionPairsByItsName) {
  const auto source = [](const char *operation) {
    return std::string("volatile int g_total;\n"
                       "NOINLINE int Scale(int n) { g_total = g_total + n; return g_total ") +
           operation +
           " 3; }\n"
           "NOINLINE int Other(int n) { g_total = g_total - n; return g_total ^ n; }\n"
           "EXPORT int Entry(int n) { return Scale(n) + Other(n); }\n";
  };
  const Comparison comparison = compareSources(source("*"), source("+"), publicOnly);
  EXPECT_THAT(comparison.changed(), UnorderedElementsAre("?Scale@@YAHH@Z"));
  EXPECT_THAT(comparison.names(ChangeStatus::added), IsEmpty());
  EXPECT_THAT(comparison.names(ChangeStatus::removed), IsEmpty());
  EXPECT_EQ(comparison.function("?Scale@@YAHH@Z").matchedBy, "linkage-name");
}

// Four functions with two bodies.
constexpr const char *folding = R"(
namespace ns {
struct S { int one(int); int two(int); };
int S::one(int x) { return x * 3 + 5; }
int S::two(int x) { return x * 3 + 5; }
}
EXPORT int A(int x) { return x * 9 + 1; }
EXPORT int B(int x) { return x * 9 + 1; }
EXPORT int Use(int x) {
  ns::S s;
  int (ns::S::*volatile one)(int) = &ns::S::one;
  int (ns::S::*volatile two)(int) = &ns::S::two;
  return (s.*one)(x) + (s.*two)(x);
}
)";

std::vector<std::string> namesAt(const Program &program, const std::string &name) {
  for (const Function &function : program.functions())
    if (std::ranges::find(function.names, name) != function.names.end())
      return function.names;
  return {};
}

TEST(FoldedFunctions, HaveAllNamesInAPrivatePdbEachOnce) {
  const Program program = openProgram(buildImage(folding, {.compile = {}, .link = {"/opt:icf"}}));
  ASSERT_EQ(program.symbols().level, SymbolLevel::privateLevel);
  EXPECT_THAT(namesAt(program, "A"), ElementsAre("A", "B"));
  EXPECT_THAT(namesAt(program, "ns::S::one"), ElementsAre("ns::S::one", "ns::S::two"));
  for (const FunctionSymbol &symbol : program.symbols().functions)
    if (symbol.name == "ns::S::two")
      EXPECT_EQ(symbol.linkageName, "?two@S@ns@@QEAAHH@Z");
}

TEST(FoldedFunctions, HaveAllNamesInAPublicPdb) {
  const Program program = openProgram(buildImage(folding, {.compile = {"-g0"}, .link = {"/opt:icf"}}));
  ASSERT_EQ(program.symbols().level, SymbolLevel::publicOnly);
  EXPECT_THAT(namesAt(program, "A"), ElementsAre("A", "B"));
  EXPECT_THAT(namesAt(program, "?one@S@ns@@QEAAHH@Z"), ElementsAre("?one@S@ns@@QEAAHH@Z", "?two@S@ns@@QEAAHH@Z"));
}

// A body of an object file without private symbols folded with one that has them: the procedure is not the only name.
TEST(FoldedFunctions, KeepTheNameThatOnlyAPublicSymbolKnows) {
  const auto other = buildWith({{"other.cpp", "extern \"C\" int Another(int x) { return x * 9 + 1; }\n"}},
                               {"clang++-19 --target=x86_64-pc-windows-msvc -ffreestanding -O2 -ffunction-sections "
                                "-fms-hotpatch -c other.cpp -o other.obj"},
                               "other.obj");
  const Program program =
      openProgram(buildImage("extern \"C\" int Another(int);\nEXPORT int A(int x) { return x * 9 + 1; }\n"
                             "EXPORT int Use(int x) { int (*volatile f)(int) = Another; return f(x); }\n",
                             {.compile = {}, .link = {"/opt:icf", other.string()}}));
  EXPECT_THAT(namesAt(program, "A"), ElementsAre("A", "Another"));
  EXPECT_EQ(program.functions()[*program.functionAtEntry(program.image().exports().front().rva)].source,
            FunctionSource::pdb);
}

} // namespace
} // namespace hotgate::analyzer::test
