// The agent's reading of hotpatch metadata, on the host: what a real hotpatch image says, and that no damage to it
// leads anywhere but to a refusal.
#include "harness/agent/patch_metadata.h"

#include "analyzer/image/hotpatch_format.h"
#include "corpus/tools/linker_map.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <iterator>

namespace hotgate::harness::agent {
namespace {

const std::filesystem::path folder = AGENT_TEST_FOLDER;

std::vector<uint8_t> readFile(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

struct LaidOut {
  ImageHeaders headers;
  std::vector<uint8_t> bytes;
  uint32_t metadataRva = 0;
};

LaidOut load(const std::filesystem::path &path) {
  const auto file = readFile(path);
  LaidOut image;
  image.headers = parseHeaders("image", file).value();
  image.bytes = layOut("image", image.headers, file).value();
  const auto configuration = image.headers.directories[directory::loadConfiguration].rva;
  std::memcpy(&image.metadataRva, &image.bytes[configuration + hotpatch::tableOffsetIn64BitLoadConfiguration], 4);
  return image;
}

uint32_t rvaOf(const std::string &image, const std::string &name) {
  return corpus::LinkerMap::read(folder / "images" / image / "target.map").value().find(name).value().rva;
}

TEST(PatchMetadata, SaysWhatTheImageWasMadeFrom) {
  const LaidOut patch = load(folder / "hotpatches/fix.exe");
  const LaidOut base = load(folder / "images/agent-base/target.exe");
  const auto metadata = parseMetadata("fix.exe", patch.headers, patch.bytes);
  ASSERT_TRUE(metadata) << metadata.error().error.message();
  EXPECT_EQ(metadata->sequence, 1U);
  EXPECT_TRUE(metadata->canRollBack);
  EXPECT_EQ(metadata->baseTimestamp, base.headers.timestamp);
  EXPECT_EQ(metadata->baseChecksum, base.headers.checksum);
  ASSERT_EQ(metadata->functions.size(), 8U);
  const auto answer = std::find_if(metadata->functions.begin(), metadata->functions.end(),
                                   [](const auto &f) { return f.function == rvaOf("agent-base", "Answer"); });
  ASSERT_NE(answer, metadata->functions.end());
  EXPECT_EQ(answer->target, rvaOf("agent-fix", "Answer"));
  const auto *expected = &base.bytes[answer->function];
  EXPECT_THAT(answer->expected, testing::ElementsAreArray(expected, 8));
  EXPECT_EQ(metadata->absolute.size(), 3U); // one for each __ref_
  EXPECT_TRUE(checkAgainstBase("fix.exe", *metadata, "target.exe", base.headers));
}

TEST(PatchMetadata, EveryVersionIsRead) {
  for (const char *name : {"fix-version-1", "fix-version-2", "fix-version-3", "fix-without-bytes"}) {
    const LaidOut patch = load(folder / "hotpatches" / (std::string(name) + ".exe"));
    const auto metadata = parseMetadata(name, patch.headers, patch.bytes);
    ASSERT_TRUE(metadata) << name << metadata.error().error.message();
    EXPECT_EQ(metadata->functions.size(), 8U) << name;
  }
}

TEST(PatchMetadata, AnyDamagedValueIsReadOrRefusedAndNeverLeadsOutside) {
  LaidOut patch = load(folder / "hotpatches/fix.exe");
  const LaidOut base = load(folder / "images/agent-base/target.exe");
  uint32_t size = 0;
  std::memcpy(&size, &patch.bytes[patch.metadataRva + hotpatch::info::size], 4);
  ASSERT_GT(size, 0x48U);
  size_t refused = 0;
  for (uint32_t at = patch.metadataRva; at < patch.metadataRva + size; at += 4) {
    uint32_t original = 0;
    std::memcpy(&original, &patch.bytes[at], 4);
    for (const uint32_t value : {0U, 1U, 0x7FFFFFFFU, 0x80000000U, 0xFFFFFFFFU, original ^ 0x40000000U, original - 4}) {
      std::memcpy(&patch.bytes[at], &value, 4);
      const auto metadata = parseMetadata("fix.exe", patch.headers, patch.bytes);
      if (!metadata || !checkAgainstBase("fix.exe", *metadata, "target.exe", base.headers))
        ++refused;
    }
    std::memcpy(&patch.bytes[at], &original, 4);
  }
  EXPECT_GT(refused, size / 4); // on average more than one of the seven values of each place
}

TEST(PatchMetadata, TruncatedImageIsRefused) {
  const auto file = readFile(folder / "hotpatches/fix.exe");
  const size_t lastNeeded = file.size() - 0x200; // the last section is filled up to the file alignment
  for (size_t size = 0; size < lastNeeded; size += size < 0x400 ? 1 : 0x1F3) {
    const std::span<const uint8_t> head(file.data(), size);
    const auto headers = parseHeaders("fix.exe", head);
    EXPECT_FALSE(headers && layOut("fix.exe", *headers, head)) << size;
  }
}

TEST(PatchMetadata, OverlappingRecordsAreRefused) {
  LaidOut patch = load(folder / "hotpatches/fix.exe");
  // The second record's function becomes the first one's, 4 bytes further on.
  constexpr uint32_t firstRecord = 0x48 + 4;
  constexpr uint32_t recordSize = 16;
  uint32_t first = 0;
  std::memcpy(&first, &patch.bytes[patch.metadataRva + firstRecord], 4);
  first += 4;
  std::memcpy(&patch.bytes[patch.metadataRva + firstRecord + recordSize], &first, 4);
  const auto metadata = parseMetadata("fix.exe", patch.headers, patch.bytes);
  ASSERT_FALSE(metadata);
  EXPECT_EQ(metadata.error().status, hotpatch::status::invalidImageFormat);
  EXPECT_THAT(metadata.error().error.reason, testing::HasSubstr("overlap"));
}

} // namespace
} // namespace hotgate::harness::agent
