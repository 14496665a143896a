// What the lab expects in memory, from the facts and the addresses that the agent names.
#include "harness/lab/write_prediction.h"

#include "tests/harness/example_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotgate::harness {
namespace {

class Prediction : public testing::Test {
protected:
  ExampleFacts example;
  facts::Database facts = facts::Database::create(":memory:").value();
};

constexpr uint64_t base = 0x140000000;

std::vector<std::string> hexAfter(const std::vector<PredictedWrite> &writes, const AppliedPatch &patch) {
  std::vector<std::string> hex;
  for (const PredictedWrite &write : writes)
    hex.push_back(write.hexAfterApply(patch, std::vector<uint8_t>{1, 2, 3, 4, 5, 6, 7, 8}));
  return hex;
}

TEST_F(Prediction, TakesWhatIsWrittenByPlaceTheBaseFirst) {
  example.write(facts);
  const auto writes = predictedWrites(facts, "dhcpsrv.exe").value();
  ASSERT_EQ(writes.size(), 4U);
  EXPECT_EQ(writes[0].place(), 0x1010U);
  EXPECT_EQ(writes[0].name, "Parse");
  EXPECT_EQ(writes[0].before, "cccccccccccc4041");
  EXPECT_EQ(writes[1].place(), 0x1107U);
  EXPECT_TRUE(writes[2].inHotpatch);
  EXPECT_EQ(writes[2].place(), 0x3000U);
  EXPECT_EQ(writes[3].name, "kernel32.dll!Sleep");
}

TEST_F(Prediction, TheJumpIsRelativeToItsEndAndLittleEndian) {
  example.write(facts);
  const auto writes = predictedWrites(facts, "dhcpsrv.exe").value();
  const AppliedPatch patch{base, {{0x1010, base + 0x1010 + 0x01020304}, {0x1107, base - 0x1000}}};
  EXPECT_THAT(hexAfter(writes, patch),
              testing::ElementsAre("cce904030201ebf9", "cce9f9deffffebf9", "2010004001000000", "0102030405060708"));
}

TEST_F(Prediction, APointerOfX86HasFourBytes) {
  const PredictedWrite slot{.inHotpatch = true,
                            .rva = 0x3000,
                            .size = 4,
                            .name = "slot",
                            .value = PredictedWrite::Value::pointer,
                            .targetRva = 0x1020,
                            .before = "????????",
                            .after = "????????"};
  EXPECT_EQ(slot.hexAfterApply({0x10000000, {}}, {}), "20100010");
}

TEST_F(Prediction, AFunctionThatTheAgentLeftOutCannotLookRight) {
  example.write(facts);
  const auto writes = predictedWrites(facts, "dhcpsrv.exe").value();
  EXPECT_EQ(writes[0].hexAfterApply({}, {}), "cce9????????ebf9");
  EXPECT_EQ(writes[0].hexAfterApply({0, {{0x1010, uint64_t{1} << 40U}}}, {}), "cce9????????ebf9") << "out of reach";
  EXPECT_EQ(writes[3].hexAfterApply({}, {}), "????????????????") << "the base's slot could not be read";
}

TEST_F(Prediction, WhatNoLoaderIsKnownToWriteIsLeftOut) {
  example.write(facts);
  ASSERT_TRUE(facts.execute("UPDATE predicted_write SET value = 'per-boot' WHERE record = 2"));
  ASSERT_TRUE(facts.execute("UPDATE predicted_write SET value = 'unknown' WHERE record = 3"));
  EXPECT_EQ(predictedWrites(facts, "dhcpsrv.exe").value().size(), 2U);
}

TEST_F(Prediction, WithoutRedirectsThereIsNothingToRun) {
  const auto none = predictedWrites(facts, "dhcpsrv.exe");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::input);
  example.write(facts);
  ASSERT_TRUE(facts.execute("DELETE FROM predicted_write WHERE image = 'pre'"));
  EXPECT_FALSE(predictedWrites(facts, "dhcpsrv.exe"));
}

// Undo is compared with what stood there before, so that must be known.
TEST_F(Prediction, RelocatedBytesUnderARedirectAreAnInputError) {
  example.write(facts);
  ASSERT_TRUE(facts.execute("UPDATE predicted_write SET bytes_before = '????cccccccccccc' WHERE record = 0"));
  EXPECT_FALSE(predictedWrites(facts, "dhcpsrv.exe"));
}

} // namespace
} // namespace hotgate::harness
