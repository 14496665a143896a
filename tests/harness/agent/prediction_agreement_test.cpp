// The analyzer's prediction and the agent's own reading of the same metadata: both are our words for what the loader
// does, written twice, so each mutation of a table must be refused by both with the same status, or by neither.
//
// The agent's checks of memory (other bytes, a hook, padding) are tested in a process: predicted_refusals_test.cpp.
#include "harness/agent/patch_metadata.h"

#include "analyzer/hotpatch/loader_prediction.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <iterator>
#include <random>
#include <unistd.h>

namespace hotgate::harness::agent {
namespace {

namespace status = hotpatch::status;
const std::filesystem::path folder = AGENT_TEST_FOLDER;

std::vector<uint8_t> readFile(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Answer {
  bool applies = false;
  std::optional<uint32_t> status;
  std::string reason;
};

class Agreement : public testing::Test {
protected:
  Agreement() {
    const auto reading = analyzer::readHotpatch(openHotpatch());
    infoRva_ = reading.table->rva;
    size_ = reading.table->size;
    blob_ = openHotpatch().fileOffset(infoRva_).value();
    baseHeaders_ = parseHeaders("base", readFile(folder / "images/agent-base/target.exe")).value();
  }
  ~Agreement() override { std::filesystem::remove(mutant_); }

  analyzer::Image openHotpatch() const {
    std::ofstream(mutant_, std::ios::binary)
        .write(reinterpret_cast<const char *>(file_.data()), static_cast<std::streamsize>(file_.size()));
    return analyzer::Image::open(mutant_).value();
  }
  [[nodiscard]] uint32_t get(uint32_t offset) const {
    uint32_t value = 0;
    std::memcpy(&value, &file_[blob_ + offset], sizeof value);
    return value;
  }
  void put(uint32_t offset, uint32_t value) { std::memcpy(&file_[blob_ + offset], &value, sizeof value); }

  // Without the bytes of the base, which are a matter of the process.
  [[nodiscard]] Answer predicted() const {
    const analyzer::Image image = openHotpatch();
    const auto prediction = predictLoader(base_, image, analyzer::readHotpatch(image));
    for (const analyzer::LoaderRefusal &refusal : prediction.refusals)
      if (refusal.status != status::conflictingAddresses)
        return {false, refusal.status, refusal.reason};
    return {true, {}, {}};
  }
  [[nodiscard]] Answer agents() const {
    const auto headers = parseHeaders("mutant", file_);
    const auto image = headers ? layOut("mutant", *headers, file_) : tl::unexpected(headers.error());
    if (!image)
      return {false, image.error().status, image.error().error.reason};
    const auto metadata = parseMetadata("mutant", *headers, *image);
    if (!metadata)
      return {false, metadata.error().status, metadata.error().error.reason};
    if (const auto fits = checkAgainstBase("mutant", *metadata, "base", baseHeaders_); !fits)
      return {false, fits.error().status, fits.error().error.reason};
    return {true, {}, {}};
  }

  // Counts what came out, so that a test can say that it saw all of it.
  void expectAgreement(const std::string &what) {
    const Answer ours = predicted();
    const Answer theirs = agents();
    if (theirs.reason.find("not supported") != std::string::npos) {
      ++unsupported_; // the agent does not apply what no loader is known to do; what follows it does not read
      return;
    }
    ++(ours.applies ? applied_ : refused_);
    EXPECT_EQ(ours.applies, theirs.applies)
        << what << "\n  predicted: " << ours.reason << "\n  agent: " << theirs.reason;
    EXPECT_EQ(ours.status, theirs.status) << what << "\n  predicted: " << ours.reason << "\n  agent: " << theirs.reason;
  }

  std::vector<uint8_t> file_ = readFile(folder / "hotpatches/fix.exe");
  uint32_t infoRva_ = 0, size_ = 0, blob_ = 0;
  int applied_ = 0, refused_ = 0, unsupported_ = 0;

private:
  std::filesystem::path mutant_ = folder / ("agreement-" + std::to_string(::getpid()) + ".exe");
  analyzer::Image base_ = analyzer::Image::open(folder / "images/agent-base/target.exe").value();
  ImageHeaders baseHeaders_;
};

TEST_F(Agreement, OnASoundImage) {
  expectAgreement("sound");
  EXPECT_EQ(applied_, 1);
}

// Every value of the whole table, each set to what is out of range in one way or another.
TEST_F(Agreement, OnEveryFieldOutOfRange) {
  const uint32_t sizeOfImage = openHotpatch().sizeOfImage();
  for (uint32_t at = 0; at < size_; at += 4) {
    const uint32_t original = get(at);
    for (const uint32_t value :
         {0U, 1U, 5U, 0x24U, size_, size_ - 4, sizeOfImage, 0x7FFFFFFFU, 0x80000000U, 0xFFFFFFFFU,
          original ^ 0x40000000U, original ^ 0x10000000U, original - 4, original + 0x1000}) {
      put(at, value);
      expectAgreement(fmt::format("INFO + {:#x}: {:#x} instead of {:#x}", at, value, original));
    }
    put(at, original);
  }
  EXPECT_GT(applied_, 0);
  EXPECT_GT(refused_, static_cast<int>(size_ / 4));
}

// Several values at once, some of them copies of others: lists that lead to themselves, tables that share records.
TEST_F(Agreement, OnRandomMutations) {
  const std::vector<uint8_t> sound = file_;
  std::mt19937 random(20261121); // NOLINT(cert-msc32-c,cert-msc51-cpp): the same cases each time
  const auto offset = [&] { return static_cast<uint32_t>(random() % (size_ / 4) * 4); };
  for (int round = 0; round < 1500; ++round) {
    std::string what = fmt::format("round {}:", round);
    for (uint32_t change = random() % 3 + 1; change > 0; --change) {
      const uint32_t at = offset();
      const uint32_t value = random() % 3 == 0   ? get(offset())
                             : random() % 2 == 0 ? get(at) ^ (1U << random() % 32)
                                                 : offset();
      put(at, value);
      what += fmt::format(" INFO + {:#x} = {:#x}", at, value);
    }
    expectAgreement(what);
    file_ = sound;
  }
  EXPECT_GT(applied_, 50);
  EXPECT_GT(refused_, 500);
}

// INFO.Size at every length: the table is cut off in every place.
TEST_F(Agreement, OnTruncatedTables) {
  for (uint32_t size = 0; size < size_; ++size) {
    put(hotpatch::info::size, size);
    expectAgreement(fmt::format("INFO.Size {:#x}", size));
  }
  EXPECT_EQ(applied_, 0);
}

} // namespace
} // namespace hotgate::harness::agent
