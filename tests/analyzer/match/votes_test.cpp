#include "analyzer/match/votes.h"

#include <gmock/gmock.h>

namespace hotgate::analyzer {

namespace {

std::vector<Vote> pairsOf(const std::vector<Vote> &votes) {
  std::vector<Vote> result;
  for (const Election &election : elect(votes))
    result.emplace_back(election.pre, election.post);
  return result;
}

TEST(Votes, ALoneVoteElects) { EXPECT_THAT(pairsOf({{3, 7}}), testing::ElementsAre(Vote{3, 7})); }

TEST(Votes, TheMajorityWinsOverAChangedCaller) {
  EXPECT_THAT(pairsOf({{1, 1}, {1, 1}, {1, 1}, {1, 2}, {2, 2}, {2, 2}}), testing::ElementsAre(Vote{1, 1}, Vote{2, 2}));
}

TEST(Votes, ATieElectsNobody) { EXPECT_THAT(pairsOf({{1, 1}, {1, 2}}), testing::IsEmpty()); }

TEST(Votes, WhatTwoClaimEquallyGoesToNeither) { EXPECT_THAT(pairsOf({{1, 5}, {2, 5}}), testing::IsEmpty()); }

TEST(Votes, AreCountedHoweverTheyCome) {
  const auto elected = elect({{4, 4}, {1, 1}, {4, 4}, {1, 1}, {4, 4}});
  ASSERT_EQ(elected.size(), 2U);
  EXPECT_EQ(elected[0].pre, 1U);
  EXPECT_EQ(elected[0].votes, 2U);
  EXPECT_EQ(elected[1].votes, 3U);
}

} // namespace
} // namespace hotgate::analyzer
