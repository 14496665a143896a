// Whole comparisons of images that lie. Whatever a damaged image says, the comparison ends: refused with a reason, or
// with a ledger that accounts for every byte of both files.
#include "tests/analyzer/diff/built_program.h"
#include "tests/analyzer/image/many_sections.h"

#include <fstream>
#include <llvm/Support/Endian.h>
#include <random>
#include <unistd.h>

namespace hotgate::analyzer::test {
namespace {

using Bytes = std::vector<char>;

class DamagedProgram : public testing::Test {
protected:
  void SetUp() override {
    path = buildImage(someOfEverything, {.compile = {"-fasynchronous-unwind-tables"}});
    bytes = readFile(path);
    const auto image = Image::open(path);
    ASSERT_TRUE(image) << image.error().message();
    pdata = *image->fileOffset(image->directory(Directory::exceptions).rva);
    pdataSize = image->directory(Directory::exceptions).size;
    ranges.assign(image->functionRanges().begin(), image->functionRanges().end());
    ASSERT_GE(ranges.size(), 3U);
    for (const FunctionRange &range : ranges)
      unwinds.push_back(*image->fileOffset(range.unwindRva));
  }

  [[nodiscard]] uint32_t get32(size_t offset) const { return llvm::support::endian::read32le(bytes.data() + offset); }
  void put32(size_t offset, uint32_t value) { llvm::support::endian::write32le(bytes.data() + offset, value); }
  [[nodiscard]] size_t entry(size_t index) const { return pdata + 12 * index; }

  // The damaged image as post, then as pre. Checks what must hold of either answer; true when both were compared.
  [[nodiscard]] bool compareBothWays(const Bytes &content) const {
    const std::filesystem::path damaged = writeMutant(path, content);
    return compare(path, damaged) && compare(damaged, path);
  }

  std::filesystem::path path;
  Bytes bytes;
  size_t pdata = 0;
  size_t pdataSize = 0;
  std::vector<FunctionRange> ranges;
  std::vector<size_t> unwinds; // file offsets of their UNWIND_INFO

private:
  static bool refused(const Error &error) {
    EXPECT_EQ(error.kind, ErrorKind::input) << error.message();
    EXPECT_FALSE(error.entity.empty());
    EXPECT_FALSE(error.reason.empty());
    EXPECT_FALSE(error.next.empty()) << error.message();
    return false;
  }

  static bool compare(const std::filesystem::path &prePath, const std::filesystem::path &postPath) {
    auto preImage = Image::open(prePath);
    auto postImage = Image::open(postPath);
    if (!preImage || !postImage)
      return refused(preImage ? postImage.error() : preImage.error());
    const auto pre = Program::build(std::move(*preImage), {});
    if (!pre)
      return refused(pre.error());
    const auto post = Program::build(std::move(*postImage), {}, &*pre);
    if (!post)
      return refused(post.error());
    const auto diff = diffPrograms(*pre, *post);
    if (!diff)
      return refused(diff.error());
    Ledger::Bytes total;
    for (const auto &[cause, count] : diff->ledger.byCause) {
      total.pre += count.pre;
      total.post += count.post;
    }
    EXPECT_EQ(total.pre, pre->image().fileBytes().size());
    EXPECT_EQ(total.post, post->image().fileBytes().size());
    return true;
  }
};

TEST_F(DamagedProgram, FunctionsOfNoLength) {
  for (size_t index = 0; index < ranges.size(); ++index)
    put32(entry(index) + 4, get32(entry(index)));
  EXPECT_TRUE(compareBothWays(bytes));
}

TEST_F(DamagedProgram, FunctionsOfOneByteEach) {
  for (size_t index = 0; index < ranges.size(); ++index)
    put32(entry(index) + 4, get32(entry(index)) + 1);
  EXPECT_TRUE(compareBothWays(bytes));
}

TEST_F(DamagedProgram, OneFunctionThatCoversAll) {
  const uint32_t begin = ranges.front().begin;
  const uint32_t end = ranges.back().end;
  for (size_t index = 1; index < ranges.size(); ++index)
    put32(entry(index) + 4, get32(entry(index)));
  put32(entry(0), begin);
  put32(entry(0) + 4, end);
  EXPECT_TRUE(compareBothWays(bytes));
}

TEST_F(DamagedProgram, FunctionsThatBeginInTheMiddleOfInstructions) {
  for (size_t index = 0; index < ranges.size(); ++index)
    put32(entry(index), std::min(get32(entry(index)) + 1, get32(entry(index) + 4)));
  EXPECT_TRUE(compareBothWays(bytes));
}

TEST_F(DamagedProgram, FunctionsThatOverlapAreRefused) {
  put32(entry(0) + 4, get32(entry(1)) + 1);
  EXPECT_FALSE(compareBothWays(bytes));
}

TEST_F(DamagedProgram, FunctionsOutOfTheImageAreRefused) {
  put32(entry(0), 0x7FFFFF00);
  put32(entry(0) + 4, 0x7FFFFFFF);
  EXPECT_FALSE(compareBothWays(bytes));
}

TEST_F(DamagedProgram, UnwindDataThatChainsInACircleIsRefused) {
  // UNW_FLAG_CHAININFO on the first: what follows its codes is its own entry.
  const size_t unwind = unwinds.front();
  bytes[unwind] = 0x21;
  bytes[unwind + 2] = 0;
  for (size_t byte = 0; byte < 12; ++byte)
    bytes[unwind + 4 + byte] = bytes[entry(0) + byte];
  EXPECT_FALSE(compareBothWays(bytes));
}

// Fields of four bytes that lie, in headers, tables and code: the same ones in every run.
TEST_F(DamagedProgram, AnythingThatLiesIsRefusedOrAccountedFor) {
  constexpr uint32_t lies[] = {0, 1, 0x1000, 0x7FFFFFF0, 0x80000000, 0xFFFFFFFF};
  constexpr int rounds = 250;
  std::mt19937 random(20261121);
  int compared = 0;
  for (int round = 0; round < rounds; ++round) {
    Bytes damaged = bytes;
    const int fields = 1 + round % 3;
    for (int field = 0; field < fields; ++field) {
      const bool inTable = random() % 2 == 0;
      const size_t offset = inTable ? pdata + random() % pdataSize / 4 * 4 : random() % (bytes.size() - 4);
      const uint32_t lie = random() % 2 == 0 ? lies[random() % std::size(lies)]
                                             : llvm::support::endian::read32le(damaged.data() + offset) + random() % 64;
      llvm::support::endian::write32le(damaged.data() + offset, lie);
    }
    compared += compareBothWays(damaged) ? 1 : 0;
  }
  EXPECT_GT(compared, rounds / 4);
  EXPECT_LT(compared, rounds);
}

class ManySections : public testing::TestWithParam<uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Image, ManySections, testing::Values(1, 90));

TEST_P(ManySections, OneChangedConstantIsOneChangedFunction) {
  const std::vector<uint8_t> pre = imageOfSections(GetParam());
  std::vector<uint8_t> post = pre;
  const uint32_t where = GetParam() / 2;
  putNumber(post, headerBytes + where * sectionBytes + numberOffset, 77, 4);
  const auto folder = std::filesystem::path(testing::TempDir());
  const auto writeAs = [&](const std::string &name, const std::vector<uint8_t> &content) {
    const auto file = folder / fmt::format("hotgate-sections-{}-{}", ::getpid(), name);
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char *>(content.data()), static_cast<std::streamsize>(content.size()));
    return file;
  };
  const auto preFile = writeAs("pre.dll", pre);
  const auto postFile = writeAs("post.dll", post);
  const Comparison c(preFile, postFile, false);
  std::filesystem::remove(preFile);
  std::filesystem::remove(postFile);
  EXPECT_EQ(c.pre.functions().size(), GetParam());
  EXPECT_EQ(c.changed().size(), 1U);
  EXPECT_EQ(c.bytes(Cause::unattributed), 0U);
}

} // namespace
} // namespace hotgate::analyzer::test
