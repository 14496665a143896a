// The host's own prediction of the patched bytes.
#include "harness/lab/redirect_prediction.h"

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

TEST_F(Prediction, TakesForwardFunctionRecordsWithTheFilesBytes) {
  example.write(facts);
  const auto redirects = predictRedirects(facts, example.preImage).value();
  ASSERT_EQ(redirects.size(), 2U);
  EXPECT_EQ(redirects[0].rva, 0x1010U);
  EXPECT_EQ(redirects[0].function, "Parse");
  EXPECT_EQ(redirects[0].hexAfterUndo(), "cccccccccccc4041");
  EXPECT_EQ(redirects[1].rva, 0x1107U);
}

TEST_F(Prediction, TheJumpIsRelativeToItsEndAndLittleEndian) {
  example.write(facts);
  const auto redirects = predictRedirects(facts, example.preImage).value();
  const uint64_t base = 0x140000000;
  const AppliedPatch patch{base, {{0x1010, base + 0x1010 + 0x01020304}, {0x1107, base - 0x1000}}};
  EXPECT_EQ(redirects[0].hexAfterApply(patch), "cce904030201ebf9");
  EXPECT_EQ(redirects[1].hexAfterApply(patch), "cce9f9deffffebf9"); // -0x2107
}

TEST_F(Prediction, AFunctionThatTheAgentLeftOutCannotLookRight) {
  example.write(facts);
  const auto redirects = predictRedirects(facts, example.preImage).value();
  EXPECT_EQ(redirects[0].hexAfterApply({}), "cce9????????ebf9");
  EXPECT_EQ(redirects[0].hexAfterApply({0, {{0x1010, uint64_t{1} << 40U}}}), "cce9????????ebf9") << "out of reach";
}

TEST_F(Prediction, WithoutRecordsThereIsNothingToRun) {
  const auto redirects = predictRedirects(facts, example.preImage);
  ASSERT_FALSE(redirects);
  EXPECT_EQ(redirects.error().kind, ErrorKind::input);
}

TEST_F(Prediction, ARecordOutsideTheFileIsAnInputError) {
  example.write(facts);
  for (const int rva : {0, 5, 0x1002, 0x1fff, 0x2010, 0x7fffffff}) {
    ASSERT_TRUE(facts.execute(fmt::format("UPDATE hotpatch_record SET written_rva = {} WHERE ordinal = 0", rva)));
    const auto redirects = predictRedirects(facts, example.preImage);
    ASSERT_FALSE(redirects) << rva;
    EXPECT_EQ(redirects.error().kind, ErrorKind::input);
  }
}

TEST_F(Prediction, ATruncatedFileIsAnInputError) {
  example.write(facts);
  std::filesystem::resize_file(example.preImage, 0x410);
  EXPECT_FALSE(predictRedirects(facts, example.preImage));
}

} // namespace
} // namespace hotgate::harness
