// An image with one byte changed is never the same image: 2,000 mutants of code, data and headers, of fixed seed.
#include "support/mapped_file.h"
#include "tests/accuracy/built_pair.h"
#include "tests/accuracy/comparison.h"

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <iostream>
#include <map>
#include <memory>
#include <random>

namespace hotgate::accuracy {

namespace {

namespace fs = std::filesystem;
using analyzer::ChangeStatus;
using analyzer::FunctionDifference;
using analyzer::FunctionIndex;
using analyzer::Program;

constexpr size_t mutantCount = 2000;
constexpr size_t sharesInTen = 10, codeShares = 5, dataShares = 4; // the rest: headers

struct FileRange {
  uint32_t offset = 0;
  uint32_t size = 0;
  uint32_t rva = 0;
};

struct Place {
  uint32_t offset = 0;
  uint32_t rva = 0;
};

// Where a kind of byte lies in the file.
struct Kind {
  const char *name;
  std::vector<FileRange> ranges;
};

uint32_t sizeOf(const Kind &kind) {
  uint32_t size = 0;
  for (const FileRange &range : kind.ranges)
    size += range.size;
  return size;
}

Place placeIn(const Kind &kind, uint32_t index) {
  for (const FileRange &range : kind.ranges) {
    if (index < range.size)
      return {range.offset + index, range.rva + index};
    index -= range.size;
  }
  return {};
}

class Mutants : public testing::Test {
protected:
  void SetUp() override {
    const auto pairs = builtPairs();
    const auto small = std::ranges::find(pairs, "zlib x64-hotpatch", &BuiltPair::title);
    ASSERT_NE(small, pairs.end()) << "no zlib x64-hotpatch in " HOTGATE_BUILT_PAIRS ": see the test accuracy.build";
    const fs::path image = small->image("pre");
    auto opened = openProgram(image, false);
    ASSERT_TRUE(opened) << opened.error().message();
    original_ = std::make_unique<Program>(*std::move(opened));
    const auto file = MappedFile::open(image);
    ASSERT_TRUE(file) << file.error().message();
    bytes_.assign(file->bytes().begin(), file->bytes().end());
    std::string folder = testing::TempDir() + "/hotgate-mutants-XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    findKinds();
  }
  void TearDown() override {
    std::error_code error;
    fs::remove_all(folder_, error);
  }

  void findKinds() {
    uint32_t headerEnd = static_cast<uint32_t>(bytes_.size());
    for (const analyzer::Section &section : original_->image().sections()) {
      const uint32_t used = std::min(section.fileSize, section.virtualSize);
      if (used == 0)
        continue;
      headerEnd = std::min(headerEnd, section.fileOffset);
      (section.isExecutable() ? code_ : data_).ranges.push_back({section.fileOffset, used, section.rva});
    }
    headers_.ranges.push_back({0, headerEnd, 0});
  }

  // nullopt: the mutant is refused, which is an answer too.
  Result<analyzer::ImageDiff> compare(uint32_t offset, uint8_t flip) {
    const fs::path path = folder_ / "mutant.dll";
    std::vector<uint8_t> mutant = bytes_;
    mutant[offset] ^= flip;
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char *>(mutant.data()), static_cast<std::streamsize>(mutant.size()));
    HOTGATE_TRY(const Program program, openProgram(path, false));
    return analyzer::diffPrograms(*original_, program);
  }

  std::unique_ptr<Program> original_;
  std::vector<uint8_t> bytes_;
  fs::path folder_;
  Kind code_{"code", {}}, data_{"data", {}}, headers_{"headers", {}};
};

bool saysNoChange(const analyzer::ImageDiff &diff) {
  const auto differing = diff.ledger.differing();
  return differing.pre + differing.post == 0 && diff.globals.empty() && diff.types.empty() && diff.image.empty() &&
         std::ranges::all_of(diff.functions,
                             [](const FunctionDifference &each) { return each.status == ChangeStatus::identical; });
}

bool reports(const analyzer::ImageDiff &diff, FunctionIndex function) {
  return std::ranges::any_of(diff.functions, [&](const FunctionDifference &each) {
    return each.pre == function && each.status != ChangeStatus::identical;
  });
}

TEST_F(Mutants, NoneIsCalledTheSame) {
  std::mt19937 random(20241112); // NOLINT: the same mutants in every run
  std::map<std::string, size_t> refused, judged;
  size_t inFunctions = 0;
  for (size_t index = 0; index < mutantCount; ++index) {
    const size_t share = index % sharesInTen;
    const Kind &kind = share < codeShares ? code_ : share < codeShares + dataShares ? data_ : headers_;
    const Place at = placeIn(kind, random() % sizeOf(kind));
    const auto flip = static_cast<uint8_t>(1 + random() % 255);
    const auto diff = compare(at.offset, flip);
    ++judged[kind.name];
    if (!diff) {
      EXPECT_EQ(diff.error().kind, ErrorKind::input) << diff.error().message();
      ++refused[kind.name];
      continue;
    }
    const std::string place = fmt::format("{} byte at file offset {:#x} xor {:#04x}", kind.name, at.offset, flip);
    EXPECT_FALSE(saysNoChange(*diff)) << place;
    const auto owner = &kind == &code_ ? original_->functionContaining(at.rva) : std::nullopt;
    if (!owner)
      continue;
    ++inFunctions;
    EXPECT_TRUE(reports(*diff, *owner)) << place << ", which is of the function at "
                                        << fmt::format("{:#x}", original_->functions()[*owner].body.rva);
  }
  for (const auto &[name, count] : judged)
    std::cout << fmt::format("{}: {} mutants, {} refused as no image\n", name, count, refused[name]);
  std::cout << fmt::format("{} in the body of a function\n", inFunctions);
}

} // namespace

} // namespace hotgate::accuracy
