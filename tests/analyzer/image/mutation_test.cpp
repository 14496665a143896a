// Single-byte mutants of the samples, thousands of them, the same ones each time: whatever they say, they are opened or
// refused, and what opens answers every question. Meant for the asan build; here it catches crashes and hangs.
#include "analyzer/image/hotpatch_table.h"
#include "cli/inspect_command.h"
#include "tests/analyzer/image/sample_image.h"

#include <llvm/Object/COFF.h>
#include <random>

namespace hotgate::analyzer::test {
namespace {

constexpr int mutants = 4000;
constexpr int mutantsForLief = 150; // a process each

// Invariants that the rest of the analyzer relies on.
void askEverything(const Image &image) {
  ASSERT_LE(image.sizeOfHeaders(), image.fileBytes().size());
  for (const Section &section : image.sections())
    ASSERT_LE(image.bytesFrom(section.rva).size(), section.fileSize);
  uint32_t end = 0;
  for (const FunctionRange &range : image.functionRanges()) {
    ASSERT_GE(range.begin, end);
    ASSERT_LT(range.begin, range.end);
    ASSERT_NE(image.sectionAt(range.begin), nullptr);
    ASSERT_EQ(image.sectionAt(range.begin), image.sectionAt(range.end - 1));
    end = range.end;
    (void)image.bytesAt(range.begin, range.end - range.begin);
  }
  for (const Import &import : image.imports())
    ASSERT_NE(image.importAtSlot(import.slotRva), nullptr);
  uint32_t previous = 0;
  for (const BaseRelocation &relocation : image.relocations()) {
    ASSERT_GE(relocation.rva, previous);
    ASSERT_LT(relocation.rva, image.sizeOfImage());
    previous = relocation.rva;
    (void)image.isRelocated(relocation.rva);
    (void)image.fileOffset(relocation.rva);
  }
  for (const Export &entry : image.exports())
    ASSERT_LT(entry.rva, image.sizeOfImage());
  (void)image.coff().getNumberOfSections();
}

class Mutants : public testing::TestWithParam<std::string> {
protected:
  void SetUp() override { original = SampleImage(GetParam()).bytes; }
  // Half of them in the headers, where a byte decides most.
  SampleImage next() {
    SampleImage sample(GetParam());
    const size_t range = random() % 2 == 0 ? 0x400 : original.size();
    const size_t offset = random() % range;
    constexpr uint8_t values[] = {0x00, 0xFF, 0x7F, 0x80};
    const uint8_t flipped = original[offset] ^ static_cast<uint8_t>(1U << (random() % 8));
    sample.bytes[offset] = random() % 2 == 0 ? values[random() % 4] : flipped;
    return sample;
  }
  std::vector<uint8_t> original;
  std::mt19937 random{20240813};
};
INSTANTIATE_TEST_SUITE_P(Image, Mutants, testing::Values("x64", "arm64", "x86"),
                         [](const auto &info) { return info.param; });

TEST_P(Mutants, OpenOrAreRefused) {
  int opened = 0;
  for (int index = 0; index < mutants; ++index) {
    const auto image = next().open();
    if (!image) {
      ASSERT_NE(image.error().kind, ErrorKind::usage);
      ASSERT_FALSE(image.error().reason.empty());
      continue;
    }
    ++opened;
    ASSERT_NO_FATAL_FAILURE(askEverything(*image)) << "mutant " << index;
    (void)readHotpatchTable(*image);
  }
  EXPECT_GT(opened, mutants / 4);
  EXPECT_LT(opened, mutants);
}

TEST_P(Mutants, AreInspectedWithLiefInItsChild) {
  for (int index = 0; index < mutantsForLief; ++index) {
    const SampleImage sample = next();
    const auto path = sample.write();
    if (const auto image = Image::open(path)) {
      const auto inspection = cli::inspect(*image, {});
      if (inspection) {
        ASSERT_FALSE(cli::renderInspectText(*inspection).empty());
        ASSERT_FALSE(cli::renderInspectJson(*inspection).empty());
      }
    }
    std::filesystem::remove(path);
  }
}

} // namespace
} // namespace hotgate::analyzer::test
