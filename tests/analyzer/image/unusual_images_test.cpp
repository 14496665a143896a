// Images that are right but unlike what a linker makes, and files that no image can be.
#include "tests/analyzer/image/many_sections.h"
#include "tests/analyzer/image/sample_image.h"

#include <fstream>
#include <unistd.h>

namespace hotgate::analyzer::test {
namespace {

class TemporaryImage {
public:
  explicit TemporaryImage(const std::vector<uint8_t> &bytes)
      : path(std::filesystem::path(testing::TempDir()) / fmt::format("hotgate-unusual-{}.dll", ::getpid())) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  ~TemporaryImage() { std::filesystem::remove(path); }

  std::filesystem::path path;
};

class SectionCount : public testing::TestWithParam<uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Image, SectionCount, testing::Values(1, 90, 96));

TEST_P(SectionCount, EverySectionIsFoundByItsAddresses) {
  const TemporaryImage file(imageOfSections(GetParam()));
  const auto image = Image::open(file.path);
  ASSERT_TRUE(image) << image.error().message();
  ASSERT_EQ(image->sections().size(), GetParam());
  for (uint32_t index = 0; index < GetParam(); ++index) {
    const uint32_t rva = firstSectionRva + index * sectionSpacing;
    for (const uint32_t address : {rva, rva + sectionBytes - 1}) {
      const Section *section = image->sectionAt(address);
      ASSERT_NE(section, nullptr);
      EXPECT_EQ(section->name, fmt::format(".s{}", index));
    }
    EXPECT_EQ(image->sectionAt(rva + sectionBytes), nullptr);
    EXPECT_EQ(image->fileOffset(rva), headerBytes + index * sectionBytes);
  }
}

TEST(UnusualImage, MoreSectionsThanTheLoaderTakes) {
  const TemporaryImage file(imageOfSections(97));
  const auto image = Image::open(file.path);
  ASSERT_FALSE(image);
  EXPECT_THAT(image.error().reason, testing::HasSubstr("97 sections, where the loader takes 1 to 96"));
}

TEST(UnusualImage, FilesOfFourGigabytesAreRefused) {
  const TemporaryImage file(imageOfSections(1));
  std::filesystem::resize_file(file.path, uint64_t{1} << 32); // sparse: takes no space
  const auto image = Image::open(file.path);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().kind, ErrorKind::input);
  EXPECT_EQ(image.error().entity, file.path.string());
  EXPECT_EQ(image.error().place, "offset 0x100000000");
  EXPECT_THAT(image.error().reason, testing::HasSubstr("4294967296 bytes: an image has less than 4 GiB"));
  EXPECT_FALSE(image.error().next.empty());
  std::filesystem::resize_file(file.path, (uint64_t{1} << 32) - 1);
  EXPECT_TRUE(Image::open(file.path));
}

} // namespace
} // namespace hotgate::analyzer::test
