// Types, globals and the tables of the image.
#include "tests/analyzer/diff/built_program.h"

#include "analyzer/symbols/pdb_reader.h"

#include <filesystem>
#include <fstream>

namespace hotgate::analyzer::test {
namespace {

using testing::Contains;
using testing::IsEmpty;

const TypeDifference *find(const ImageDiff &diff, const std::string &name) {
  for (const TypeDifference &type : diff.types)
    if (type.name == name)
      return &type;
  return nullptr;
}

const GlobalDifference *findGlobal(const ImageDiff &diff, const std::string &name) {
  for (const GlobalDifference &global : diff.globals)
    if (global.name == name)
      return &global;
  return nullptr;
}

std::string withLease(const std::string &members) {
  return "struct Lease { " + members +
         " };\nLease g_leases[4];\nEXPORT NOINLINE int Use(int i) { return g_leases[i].end; }";
}

TEST(TypeDiff, AnInsertedMemberMovesTheOthersOnce) {
  const Comparison c =
      compareSources(withLease("int address; int end;"), withLease("int address; int state; int end;"));
  const TypeDifference *lease = find(c.diff, "Lease");
  ASSERT_NE(lease, nullptr);
  EXPECT_EQ(lease->preSize, 8U);
  EXPECT_EQ(lease->postSize, 12U);
  ASSERT_EQ(lease->fields.size(), 3U);
  EXPECT_EQ(lease->fields[0].status, FieldStatus::same);
  EXPECT_EQ(lease->fields[1].status, FieldStatus::added);
  EXPECT_EQ(lease->fields[2].status, FieldStatus::moved);
  EXPECT_EQ(lease->fields[2].preOffset, 4U);
  EXPECT_EQ(lease->fields[2].postOffset, 8U);
  const GlobalDifference *leases = findGlobal(c.diff, "g_leases");
  ASSERT_NE(leases, nullptr);
  EXPECT_THAT(leases->reasons, Contains("size"));
}

TEST(TypeDiff, ReorderedRetypedAndBitFieldsAreSeen) {
  const Comparison reordered = compareSources(withLease("int address; int end;"), withLease("int end; int address;"));
  ASSERT_NE(find(reordered.diff, "Lease"), nullptr);
  const Comparison retyped =
      compareSources(withLease("int address; int end;"), withLease("unsigned address; int end;"));
  ASSERT_NE(find(retyped.diff, "Lease"), nullptr);
  EXPECT_EQ(find(retyped.diff, "Lease")->fields[0].status, FieldStatus::retyped);
  const Comparison bits =
      compareSources(withLease("int a : 3; int b : 5; int end;"), withLease("int a : 4; int b : 5; int end;"));
  ASSERT_NE(find(bits.diff, "Lease"), nullptr);
}

TEST(TypeDiff, UnchangedTypesAreNotListed) {
  const std::string source = withLease("int address; int end;");
  EXPECT_THAT(compareSources(source, source).diff.types, IsEmpty());
}

TEST(GlobalDiff, ValueTypeAndMutability) {
  const char *use = "\nEXPORT NOINLINE int Use() { return g_limit; }";
  const Comparison value =
      compareSources(std::string("int g_limit = 10;") + use, std::string("int g_limit = 20;") + use);
  const GlobalDifference *limit = findGlobal(value.diff, "g_limit");
  ASSERT_NE(limit, nullptr);
  EXPECT_TRUE(limit->valueChanged);
  EXPECT_TRUE(limit->isMutable);
  EXPECT_THAT(value.changed(), IsEmpty()) << "code that reads a variable is the same code";
  EXPECT_GT(value.bytes(Cause::dataValue), 0U);
}

TEST(GlobalDiff, APointerTableIsComparedByWhatItPointsTo) {
  const auto source = [](const char *before, const char *second) {
    return std::string(before) +
           "NOINLINE int A(int x) { return x * 3; }\nNOINLINE int B(int x) { return x * 5; }\n"
           "NOINLINE int C(int x) { return x * 7; }\ntypedef int (*F)(int);\nF g_handlers[2] = {A, " +
           second +
           "};\nF g_spare = C;\nF g_spare2 = B;\nEXPORT NOINLINE int Use(int i) { return g_handlers[i](i) + g_spare(i) "
           "+ g_spare2(i); }";
  };
  const Comparison moved = compareSources(
      source("", "B"), source("EXPORT NOINLINE int New(int x) { volatile int y = x; return y; }\n", "B"));
  EXPECT_EQ(findGlobal(moved.diff, "g_handlers"), nullptr);
  const Comparison replaced = compareSources(source("", "B"), source("", "C"));
  ASSERT_NE(findGlobal(replaced.diff, "g_handlers"), nullptr);
  EXPECT_TRUE(findGlobal(replaced.diff, "g_handlers")->valueChanged);
}

TEST(ImageChanges, AnAddedExportIsNamed) {
  const Comparison c =
      compareSources("EXPORT int A() { return 1; }", "EXPORT int A() { return 1; } EXPORT int B() { return 2; }");
  EXPECT_TRUE(std::any_of(c.diff.image.begin(), c.diff.image.end(), [](const ImageChange &change) {
    return change.kind == "export added" && change.detail == "B";
  }));
}

TEST(PdbReader, APdbOfAnotherBuildIsRefusedByName) {
  const auto first = buildImage("EXPORT int A() { return 1; }");
  const auto second = buildImage("EXPORT int A() { return 2; }");
  const auto image = Image::open(first);
  ASSERT_TRUE(image);
  const auto read = readPdb(second.parent_path() / "code.pdb", *image);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::input);
  EXPECT_THAT(read.error().message(),
              testing::AllOf(testing::HasSubstr("code.pdb"), testing::HasSubstr("GUID"), testing::HasSubstr("age")));
}

TEST(PdbReader, ATruncatedPdbIsAnError) {
  const auto path = buildImage("EXPORT int A() { return 1; }");
  const auto image = Image::open(path);
  ASSERT_TRUE(image);
  const auto pdb = path.parent_path() / "code.pdb";
  for (const size_t size : {1, 64, 4096, 8192}) {
    std::filesystem::resize_file(pdb, size);
    const auto read = readPdb(pdb, *image);
    ASSERT_FALSE(read) << size;
    EXPECT_EQ(read.error().kind, ErrorKind::input);
  }
}

} // namespace
} // namespace hotgate::analyzer::test
