// A spent budget makes a result smaller and never wrong: what was not looked at is said, and nothing is called
// identical for want of time.
#include "tests/analyzer/diff/built_program.h"

namespace hotgate::analyzer::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

std::string source(int factor) {
  return "NOINLINE int Leaf(int x) { return x * " + std::to_string(factor) + R"( + 11; }
EXPORT NOINLINE int Renew(int x) { volatile int y = Leaf(x); return Leaf(y + 1) * 2; }
EXPORT NOINLINE int Release(int x) { volatile int y = x; return y - 1; })";
}

class SpentBudgetTest : public testing::Test {
protected:
  static Program open(const std::filesystem::path &path, const Budget &budget) {
    auto program = Program::build(*Image::open(path), {}, nullptr, budget);
    EXPECT_TRUE(program);
    return *std::move(program);
  }

  const Budget unlimited_;
  const Budget spent_{BudgetLimits{std::chrono::milliseconds(0), UINT64_MAX}};
  const std::filesystem::path preImage_ = buildImage(source(3));
  const std::filesystem::path postImage_ = buildImage(source(5));
};

TEST_F(SpentBudgetTest, TheSearchForFunctionsStopsAndSaysSo) {
  const Program whole = open(preImage_, unlimited_);
  EXPECT_EQ(whole.incomplete(), "");
  const Program stopped = open(preImage_, spent_);
  EXPECT_THAT(stopped.incomplete(), HasSubstr("code.dll: the search for functions stopped at "));
  EXPECT_THAT(stopped.incomplete(), HasSubstr("the time budget of 0 s is spent"));
  EXPECT_LT(stopped.functions().size(), whole.functions().size()) << "Leaf is known by its callers only";
}

TEST_F(SpentBudgetTest, WhatWasNotComparedIsNeitherIdenticalNorAttributed) {
  const Program pre = open(preImage_, unlimited_), post = open(postImage_, unlimited_);
  const auto whole = diffPrograms(pre, post, unlimited_);
  ASSERT_TRUE(whole);
  EXPECT_THAT(whole->incomplete, IsEmpty());
  EXPECT_EQ(whole->ledger.byCause.count(Cause::unattributed), 0U);

  const auto stopped = diffPrograms(pre, post, spent_);
  ASSERT_TRUE(stopped);
  EXPECT_THAT(stopped->incomplete, Contains(HasSubstr("may be one: the time budget of 0 s is spent")));
  EXPECT_THAT(stopped->incomplete, Contains(HasSubstr("were not compared: the time budget of 0 s is spent")));
  for (const FunctionDifference &difference : stopped->functions) {
    EXPECT_NE(difference.status, ChangeStatus::identical);
    EXPECT_NE(difference.status, ChangeStatus::changed);
  }
}

TEST_F(SpentBudgetTest, BytesOfAPairThatWasNotComparedHaveNoCause) {
  const Program pre = open(preImage_, unlimited_), post = open(postImage_, unlimited_);
  const Pairing pairing = pairPrograms(pre, post);
  ASSERT_TRUE(pairing.isComplete);
  const Referents referents(pre, post, pairing);
  const auto functions = diffFunctions(referents, spent_);
  ASSERT_TRUE(functions);
  const auto ledger = LedgerDraft(referents).close(*functions);
  ASSERT_TRUE(ledger);
  EXPECT_EQ(ledger->byCause.count(Cause::functionBody), 0U);
  EXPECT_GT(ledger->byCause.at(Cause::unattributed).pre, 0U) << "the factor, in Leaf";
}

} // namespace
} // namespace hotgate::analyzer::test
