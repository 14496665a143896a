// Headers and section tables that lie: each is refused, in words that say what and where.
#include "tests/analyzer/image/sample_image.h"

#include <fstream>

namespace hotgate::analyzer::test {
namespace {

void expectNoImage(const std::vector<uint8_t> &bytes, std::string_view reason) {
  SampleImage sample("x64");
  sample.bytes = bytes;
  expectRefused(sample, reason);
}

std::vector<uint8_t> text(std::string_view content) { return {content.begin(), content.end()}; }

TEST(DamagedHeaders, OtherFilesAreNoImages) {
  expectNoImage(text("\x7F"
                     "ELF\x02\x01\x01"),
                "not a PE image: it does not begin with MZ");
  expectNoImage(text("kb: KB5099001\n"), "not a PE image: it does not begin with MZ");
  expectNoImage(text("M"), "not a PE image: it does not begin with MZ");
  expectNoImage(text("MZ"), "the file ends inside the DOS header");
}

TEST(DamagedHeaders, AnEmptyFileOrAFolderIsRefused) {
  const auto folder = Image::open(testing::TempDir());
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().reason, "not a regular file");
  const auto missing = Image::open(testing::TempDir() + "/hotgate-no-such-image.dll");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::input);
  SampleImage sample("x64");
  sample.bytes.clear();
  const auto empty = sample.open();
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().reason, "the file is empty");
}

// Every section's bytes are needed, so no beginning of a file is an image.
TEST(DamagedHeaders, EveryTruncationIsRefused) {
  for (const auto *machine : {"x64", "arm64", "x86"}) {
    SampleImage sample(machine);
    const auto whole = sample.bytes;
    for (size_t size = 1; size < whole.size(); ++size) {
      sample.bytes.assign(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
      const auto image = sample.open();
      ASSERT_FALSE(image) << machine << " opened with " << size << " of " << whole.size() << " bytes";
      ASSERT_EQ(image.error().kind, ErrorKind::input);
      ASSERT_FALSE(image.error().place.empty());
    }
  }
}

class Headers : public testing::Test {
protected:
  SampleImage sample{"x64"};
};

TEST_F(Headers, SignatureMustStandWhereTheDosHeaderSays) {
  sample.put32(0x3C, 0xFFFFFFFF);
  expectRefused(sample, "not a PE image, or cut off");
  sample = SampleImage("x64");
  sample.put16(sample.get32(0x3C), 0x454E); // NE
  expectRefused(sample, "there is no PE signature");
}

TEST_F(Headers, MachineMustBeOneOfOurs) {
  sample.put16(sample.coffHeader(), 0x01C4); // ARM
  expectRefused(sample, "machine 0x01c4 is none of x64, ARM64 and x86");
}

TEST_F(Headers, MagicMustFitTheMachine) {
  sample.put16(sample.optionalHeader(), 0x10B);
  expectRefused(sample, "optional header magic 0x10b, but the machine x64 has 0x20b");
}

TEST_F(Headers, OptionalHeaderMustHoldItsDirectories) {
  sample.put16(sample.coffHeader() + 16, 0x80);
  expectRefused(sample, "has no room for its 16 data directories");
}

TEST_F(Headers, MoreThanSixteenDirectories) {
  sample.put32(sample.optionalHeader() + 108, 0xFFFFFFFF);
  expectRefused(sample, "4294967295 data directories, where the format has 16");
}

TEST_F(Headers, DirectoriesThatAreNotCountedAreAbsent) {
  sample.put32(sample.optionalHeader() + 108, 1); // exports only
  const auto image = sample.open();
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_FALSE(image->exports().empty());
  EXPECT_TRUE(image->imports().empty());
  EXPECT_TRUE(image->functionRanges().empty());
}

TEST_F(Headers, SizeOfHeadersMustBeInTheFile) {
  sample.put32(sample.optionalHeader() + 60, 0x7FFFFFFF);
  expectRefused(sample, "SizeOfHeaders 0x7fffffff exceeds the file");
}

TEST_F(Headers, SectionCountIsBounded) {
  sample.put16(sample.coffHeader() + 2, 0);
  expectRefused(sample, "0 sections, where the loader takes 1 to 96");
  sample.put16(sample.coffHeader() + 2, 0xFFFF);
  expectRefused(sample, "65535 sections");
  sample.put16(sample.coffHeader() + 2, 90);
  expectRefused(sample, "the table of 90 sections leaves the headers");
}

TEST_F(Headers, SectionsMustNotOverlapInMemory) {
  sample.put32(sample.sectionHeader(0) + 8, 0x2000); // .text grows over .rdata
  expectRefused(sample, "section .rdata overlaps .text");
  sample = SampleImage("x64");
  sample.put32(sample.sectionHeader(0) + 12, 0x200);
  expectRefused(sample, "section .text overlaps the headers");
}

TEST_F(Headers, SectionsMustNotOverlapInTheFile) {
  sample.put32(sample.sectionHeader(1) + 20, sample.get32(sample.sectionHeader(0) + 20));
  expectRefused(sample, "overlap those of .text");
}

TEST_F(Headers, SectionsMustEndInsideTheFile) {
  sample.put32(sample.sectionHeader(sample.sectionCount() - 1) + 16, 0xFFFFFFFF);
  expectRefused(sample, "it is cut off");
}

TEST_F(Headers, SectionsMustEndInsideTheImage) {
  sample.put32(sample.sectionHeader(sample.sectionCount() - 1) + 8, 0xFFFFFFFF);
  expectRefused(sample, "behind SizeOfImage");
}

TEST_F(Headers, SectionsInAnyOrderAreSorted) {
  for (size_t index = 0; index < 40; ++index)
    std::swap(sample.bytes[sample.sectionHeader(0) + index], sample.bytes[sample.sectionHeader(1) + index]);
  const auto image = sample.open();
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->sections()[0].name, ".text");
}

TEST_F(Headers, EntryPointMustLieInASection) {
  sample.put32(sample.optionalHeader() + 16, 0x00F00000);
  expectRefused(sample, "the entry point lies in no section");
}

} // namespace
} // namespace hotgate::analyzer::test
