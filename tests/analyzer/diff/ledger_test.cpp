// The ledger leaves out no byte, and "no change" is proved: no single changed byte goes unseen.
#include "tests/analyzer/diff/built_program.h"

#include <random>

namespace hotgate::analyzer::test {
namespace {

TEST(Ledger, AccountsForEveryByteOfBothFiles) {
  const Comparison c =
      compareSources(someOfEverything, std::string("EXPORT int New(int x) { return x * x; }") + someOfEverything);
  Ledger::Bytes total;
  for (const auto &[cause, bytes] : c.diff.ledger.byCause) {
    total.pre += bytes.pre;
    total.post += bytes.post;
  }
  EXPECT_EQ(total.pre, c.pre.image().fileBytes().size());
  EXPECT_EQ(total.post, c.post.image().fileBytes().size());
  EXPECT_EQ(c.bytes(Cause::unattributed), 0U);
}

TEST(Ledger, ForeignBytesBetweenFunctionsAreUnattributed) {
  const auto image = buildImage(someOfEverything);
  const Program program = openProgram(image);
  const auto padded = std::find_if(program.functions().begin(), program.functions().end(),
                                   [](const Function &function) { return function.padding >= 6; });
  ASSERT_NE(padded, program.functions().end());
  std::vector<char> bytes = readFile(image);
  bytes[*program.image().fileOffset(padded->body.rva - 3)] = 0x5A;
  const Comparison c(image, writeMutant(image, bytes), true);
  EXPECT_GT(c.bytes(Cause::unattributed), 0U);
  ASSERT_FALSE(c.diff.ledger.unattributed.empty());
  EXPECT_EQ(c.diff.ledger.unattributed.front().section, ".text");
}

TEST(Ledger, NoSingleByteMutantIsReportedAsNoChange) {
  const auto image = buildImage(someOfEverything);
  const std::vector<char> original = readFile(image);
  std::mt19937 random(20261121); // fixed: the same mutants in every run
  int opened = 0;
  for (int i = 0; i < 400; ++i) {
    const size_t at = random() % original.size();
    std::vector<char> bytes = original;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (random() % 8)));
    const auto mutant = writeMutant(image, bytes);
    auto opening = Image::open(mutant);
    if (!opening)
      continue; // refused aloud
    auto built = Program::build(*std::move(opening), {});
    ASSERT_TRUE(built);
    const Program pre = openProgram(image, false);
    const auto diff = diffPrograms(pre, *built);
    ASSERT_TRUE(diff);
    ++opened;
    EXPECT_GT(diff->ledger.differing().post, 0U) << "offset " << at;
  }
  EXPECT_GT(opened, 200) << "too many mutants were refused to say anything";
}

} // namespace
} // namespace hotgate::analyzer::test
