// Whole images: one compared with itself has no differences, and of a pair every byte has a cause.
#include "tests/accuracy/built_pair.h"
#include "tests/accuracy/comparison.h"
#include "tests/accuracy/public_images.h"

#include <gtest/gtest.h>
#include <iostream>

namespace hotgate::accuracy {

namespace {

namespace fs = std::filesystem;

void expectNoDifference(const fs::path &image, bool withSymbols) {
  const auto compared = Comparison::make(image, image, withSymbols);
  ASSERT_TRUE(compared) << compared.error().message();
  EXPECT_EQ(compared->differences(), "") << image;
  EXPECT_EQ(compared->ledgerGaps(), "") << image;
  const auto differing = compared->diff.ledger.differing();
  EXPECT_EQ(differing.pre + differing.post, 0) << image;
}

std::string ledgerRow(const std::string &title, const analyzer::Ledger &ledger) {
  const auto bytesOf = [&](analyzer::Cause cause) {
    const auto found = ledger.byCause.find(cause);
    return found == ledger.byCause.end() ? 0 : found->second.pre + found->second.post;
  };
  uint64_t total = 0;
  for (const auto &[cause, bytes] : ledger.byCause)
    total += bytes.pre + bytes.post;
  const auto differing = ledger.differing();
  return fmt::format("{:40} {:>11} {:>11} {:>11} {:>13}\n", title, total, bytesOf(analyzer::Cause::moved),
                     differing.pre + differing.post, bytesOf(analyzer::Cause::unattributed));
}

constexpr const char *ledgerHead =
    "bytes of both images                           total       moved   differing  unattributed\n";

void expectCompleteLedger(const std::string &title, const fs::path &pre, const fs::path &post, bool withSymbols,
                          std::string &table) {
  const auto compared = Comparison::make(pre, post, withSymbols);
  ASSERT_TRUE(compared) << title << ": " << compared.error().message();
  table += ledgerRow(title, compared->diff.ledger);
  EXPECT_EQ(compared->ledgerGaps(), "") << title;
}

TEST(SelfCompare, PublicImages) {
  const auto images = publicImages();
  ASSERT_TRUE(images) << images.error().message();
  for (const PublicImage &image : *images)
    expectNoDifference(image.versions.front(), true);
}

TEST(SelfCompare, BuiltImages) {
  const auto pairs = builtPairs();
  ASSERT_FALSE(pairs.empty()) << "no images in " HOTGATE_BUILT_PAIRS ": see the test accuracy.build";
  for (const BuiltPair &pair : pairs)
    for (const bool withSymbols : {true, false})
      expectNoDifference(pair.image("post"), withSymbols);
}

TEST(Ledger, PublicPairs) {
  const auto images = publicImages();
  ASSERT_TRUE(images) << images.error().message();
  std::string table = ledgerHead;
  for (const PublicImage &image : *images)
    for (size_t version = 1; version < image.versions.size(); ++version)
      expectCompleteLedger(image.title, image.versions[version - 1], image.versions[version], false, table);
  std::cout << table;
}

TEST(Ledger, BuiltPairs) {
  const auto pairs = builtPairs();
  ASSERT_FALSE(pairs.empty()) << "no images in " HOTGATE_BUILT_PAIRS ": see the test accuracy.build";
  std::string table = ledgerHead;
  for (const BuiltPair &pair : pairs)
    for (const bool withSymbols : {true, false})
      expectCompleteLedger(pair.title() + (withSymbols ? " PDB" : " none"), pair.image("pre"), pair.image("post"),
                           withSymbols, table);
  std::cout << table;
}

} // namespace

} // namespace hotgate::accuracy
