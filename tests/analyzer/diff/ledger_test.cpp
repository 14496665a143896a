// The ledger leaves out no byte, and "no change" is proved: no single changed byte goes unseen.
#include "tests/analyzer/diff/built_program.h"

#include <fstream>
#include <iterator>
#include <random>

namespace hotgate::analyzer::test {
namespace {

constexpr const char *source = R"(
struct Counter { int hits; int misses; };
Counter g_counter = {3, 4};
extern const int table[6] = {2, 7, 1, 8, 2, 8};
NOINLINE int Mix(int x) { return x * 31 + table[x % 6]; }
EXPORT NOINLINE const char *Name(int x) { return x ? "renew" : "rebind"; }
EXPORT NOINLINE int Count(int x) { switch (x) { case 0: return Mix(1); case 1: return Mix(2) + 1; case 2: return Mix(9);
  case 3: return Mix(4) * 2; case 4: return Mix(5) - 1; default: return ++g_counter.hits; } }
)";

std::vector<char> read(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::filesystem::path writeBeside(const std::filesystem::path &original, const std::vector<char> &bytes) {
  const auto path = original.parent_path() / "mutant.dll";
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return path;
}

TEST(Ledger, AccountsForEveryByteOfBothFiles) {
  const Comparison c = compareSources(source, std::string("EXPORT int New(int x) { return x * x; }") + source);
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
  const auto image = buildImage(source);
  const Program program = openProgram(image);
  const auto padded = std::find_if(program.functions().begin(), program.functions().end(),
                                   [](const Function &function) { return function.padding >= 6; });
  ASSERT_NE(padded, program.functions().end());
  std::vector<char> bytes = read(image);
  bytes[*program.image().fileOffset(padded->body.rva - 3)] = 0x5A;
  const Comparison c(image, writeBeside(image, bytes), true);
  EXPECT_GT(c.bytes(Cause::unattributed), 0U);
  ASSERT_FALSE(c.diff.ledger.unattributed.empty());
  EXPECT_EQ(c.diff.ledger.unattributed.front().section, ".text");
}

TEST(Ledger, NoSingleByteMutantIsReportedAsNoChange) {
  const auto image = buildImage(source);
  const std::vector<char> original = read(image);
  std::mt19937 random(20261121); // fixed: the same mutants in every run
  int opened = 0;
  for (int i = 0; i < 400; ++i) {
    const size_t at = random() % original.size();
    std::vector<char> bytes = original;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (random() % 8)));
    const auto mutant = writeBeside(image, bytes);
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
