// The verdict's logic: what decides, what is not evaluated, and what keeps a fingerprint.
#include "tests/rules/facts_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace hotgate::rules::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Small changes to the clean KB, by the severity of the finding that they make.
const std::string block = "UPDATE function SET padding = 0 WHERE function_id = 104;";
const std::string review = "INSERT INTO import VALUES (2, 'ws2_32.dll', 'recvmsg', 0);";
const std::string gap = "INSERT INTO ledger_unattributed VALUES ('dhcpsrv.exe', 'post', 64, 4, '');";
const std::string labBlock = "UPDATE lab_witness SET seen = 'vulnerable' WHERE phase = 'patched';";
const std::string noLab = "UPDATE evidence SET available = 0, reason = 'the guest did not boot' WHERE kind = 'lab';";
const std::string noPrivate =
    "UPDATE evidence SET available = 0, reason = 'only public symbols' WHERE kind = 'private';";

struct Row {
  std::string name;
  std::string changes;
  Scope scope;
  VerdictKind expected;
};

class VerdictTable : public ::testing::TestWithParam<Row> {};

TEST_P(VerdictTable, Decides) { EXPECT_EQ(judged(GetParam().changes, GetParam().scope).kind, GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(
    Judge, VerdictTable,
    ::testing::Values(Row{"clean", "", Scope::withLab, VerdictKind::approve},
                      Row{"cleanStatic", "", Scope::statically, VerdictKind::approve},
                      Row{"review", review, Scope::withLab, VerdictKind::review},
                      Row{"gap", gap, Scope::withLab, VerdictKind::incomplete},
                      Row{"gapBeatsReview", gap + review, Scope::withLab, VerdictKind::incomplete},
                      Row{"blockBeatsAll", block + gap + review, Scope::withLab, VerdictKind::block},
                      Row{"labBlock", labBlock, Scope::withLab, VerdictKind::block},
                      Row{"labIsOutOfScopeStatically", labBlock, Scope::statically, VerdictKind::approve},
                      Row{"noLab", noLab, Scope::withLab, VerdictKind::incomplete},
                      Row{"noLabStatically", noLab, Scope::statically, VerdictKind::approve},
                      Row{"noLabBecauseOfBlock", noLab + block, Scope::withLab, VerdictKind::block},
                      Row{"noPrivate", noPrivate, Scope::withLab, VerdictKind::incomplete},
                      Row{"noPrivateButBlock", noPrivate + block, Scope::withLab, VerdictKind::block},
                      Row{"noEvidenceAtAll", "DELETE FROM evidence;", Scope::withLab, VerdictKind::incomplete}),
    [](const auto &info) { return info.param.name; });

std::vector<std::string> reasonsOf(const Verdict &verdict, const std::string &rule) {
  std::vector<std::string> reasons;
  for (const NotEvaluated &entry : verdict.notEvaluated)
    if (entry.rule == rule)
      reasons.push_back(entry.reason);
  return reasons;
}

TEST(Judge, LabRulesAreListedWhenTheLabDidNotRun) {
  EXPECT_THAT(reasonsOf(judged("", Scope::statically), "HG601"), ElementsAre(HasSubstr("lab not run: ")));
  EXPECT_THAT(reasonsOf(judged(noLab, Scope::withLab), "HG601"), ElementsAre("the guest did not boot"));
  EXPECT_THAT(reasonsOf(judged(noLab + block, Scope::withLab), "HG601"),
              ElementsAre("lab not started: the static half blocks"));
}

TEST(Judge, MissingSymbolsNameTheModule) {
  const Verdict verdict = judged(noPrivate);
  EXPECT_THAT(reasonsOf(verdict, "HG103"), ElementsAre("dhcpsrv.exe: only public symbols"));
  EXPECT_THAT(reasonsOf(verdict, "HG404"), IsEmpty());
}

TEST(Judge, WhatIsSaidWithoutEvidenceIsDropped) {
  const std::string missing = "DELETE FROM hotpatch_record WHERE base_function = 105;"; // HG103 finds it
  EXPECT_THAT(judged(missing).findings, Contains(Field(&Finding::rule, "HG103")));
  EXPECT_THAT(judged(missing + noPrivate).findings, Not(Contains(Field(&Finding::rule, "HG103"))));
}

TEST(Judge, AnotherModuleIsStillJudged) {
  const std::string otherWithout = "INSERT INTO evidence VALUES ('private', 'other.dll', 0, 'no PDB');"
                                   "DELETE FROM hotpatch_record WHERE base_function = 105;";
  const Verdict verdict = judged(otherWithout);
  EXPECT_EQ(verdict.kind, VerdictKind::block);
  EXPECT_THAT(verdict.findings, Contains(Field(&Finding::subject, "dhcpsrv.exe!ProcessRenew")));
  EXPECT_THAT(reasonsOf(verdict, "HG103"), ElementsAre("other.dll: no PDB"));
}

TEST(Judge, BaselineTrackHasNoHotpatchRules) {
  const Verdict verdict = judged("UPDATE kb SET track = 'baseline';"
                                 "UPDATE evidence SET available = 0, reason = 'none given' WHERE kind = 'hotpatch';"
                                 "DELETE FROM hotpatch_record; DELETE FROM hotpatch_base; DELETE FROM hotpatch;"
                                 "DELETE FROM export WHERE image_id = 3; DELETE FROM import WHERE image_id = 3;"
                                 "DELETE FROM image WHERE image_id = 3;");
  EXPECT_EQ(verdict.kind, VerdictKind::approve);
  EXPECT_THAT(reasonsOf(verdict, "HG101"),
              ElementsAre("not applicable: the KB of track baseline has no hotpatch image"));
}

TEST(Judge, RowsOfNotEvaluatedAreListedAndMakeAGap) {
  const Verdict verdict = judged("INSERT INTO not_evaluated VALUES ('dhcpsrv.exe!f', 'budget of 10 s spent');");
  EXPECT_EQ(verdict.kind, VerdictKind::incomplete);
  EXPECT_THAT(reasonsOf(verdict, ""), ElementsAre("dhcpsrv.exe!f: budget of 10 s spent"));
}

TEST(Judge, FindingsAreSortedBySeverity) {
  std::vector<Severity> severities;
  for (const Finding &finding : judged(review + gap + block).findings)
    severities.push_back(finding.severity);
  EXPECT_THAT(severities, ElementsAre(Severity::block, Severity::incomplete, Severity::review));
}

TEST(Judge, InputsAreSorted) {
  const Verdict verdict = judged("");
  ASSERT_EQ(verdict.inputs.size(), 3U);
  EXPECT_TRUE(std::ranges::is_sorted(verdict.inputs, {}, &Input::path));
}

TEST(Judge, SameFactsSameVerdict) { EXPECT_EQ(judged(block + gap + review), judged(review + block + gap)); }

TEST(Judge, FingerprintKeepsWhatMakesTheDefect) {
  const auto fingerprint = [](const std::string &changes) {
    return judged(std::string(block).append(changes)).findings.front().fingerprint;
  };
  const std::string before = fingerprint("");
  EXPECT_EQ(before.size(), 64U);
  EXPECT_EQ(
      fingerprint("UPDATE function SET rva = rva + 0x100000; UPDATE function SET padding = 3 WHERE function_id = 104;"),
      before)
      << "addresses and numbers are no part of it";
  EXPECT_EQ(fingerprint("UPDATE kb SET kb = 'KB5099002'; UPDATE image SET sha256 = '00', timestamp = timestamp;"),
            before)
      << "the KB number and the build are no part of it";
  EXPECT_NE(fingerprint("UPDATE kb SET baseline = 'KB1';"), before);
  EXPECT_NE(fingerprint("UPDATE function SET name = 'Other' WHERE function_id = 104;"), before);
  EXPECT_NE(fingerprintOf("HG101", "a", "b"), fingerprintOf("HG102", "a", "b"));
  EXPECT_NE(fingerprintOf("HG101", "a\",\"b", "c"), fingerprintOf("HG101", "a", "b\",\"c"));
}

TEST(Judge, HostileNamesBecomeValidText) {
  facts::Database facts =
      cleanKb(block + "UPDATE function SET name = CAST(x'3c7363726970743eff0a41' AS TEXT) WHERE function_id = 104;");
  const Verdict verdict = judged(facts);
  ASSERT_FALSE(verdict.findings.empty());
  EXPECT_EQ(verdict.findings.front().subject, "dhcpsrv.exe!<script>\xef\xbf\xbd\nA");
}

Rule ruleWith(const std::string &sql) {
  Rule rule = catalogue().front();
  rule.sql = sql;
  rule.needs.clear();
  return rule;
}

TEST(Judge, ARuleThatCannotBeRunIsAFault) {
  facts::Database facts = cleanKb();
  for (const std::string sql : {"SELECT NULL AS subject, 'm' AS message, '{}' AS evidence",
                                "SELECT 's' AS subject, NULL AS message, '{}' AS evidence",
                                "SELECT 's' AS subject, 'm' AS message, 'no json' AS evidence",
                                "SELECT 's' AS subject, 'm' AS message, '[1]' AS evidence",
                                "SELECT 's' AS subject, 'm' AS message, '{}' AS evidence FROM missing_table"}) {
    const auto verdict = judge(facts, {ruleWith(sql)}, Scope::withLab);
    ASSERT_FALSE(verdict) << sql;
    EXPECT_EQ(verdict.error().kind, ErrorKind::fault);
    EXPECT_THAT(verdict.error().message(), HasSubstr("rule HG101"));
  }
}

TEST(Judge, RulesCannotChangeFacts) {
  facts::Database facts = cleanKb();
  EXPECT_FALSE(judge(facts, {ruleWith("DELETE FROM kb")}, Scope::withLab));
  EXPECT_EQ(judged(facts).kind, VerdictKind::approve);
  EXPECT_TRUE(facts.execute("DELETE FROM kb")) << "the connection is as it was before";
  EXPECT_FALSE(judge(facts, catalogue(), Scope::withLab)) << "and facts without a KB are no facts";
}

// Anybody can write a rule, also one that never ends.
TEST(Budget, ARuleThatDoesNotEndIsNotEvaluated) {
  auto facts = cleanKb();
  Rule rule;
  rule.id = "HG199";
  rule.severity = Severity::review;
  rule.sql = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT 's', 'm', '{}' FROM n WHERE x < 0";
  const auto verdict = judge(facts, {rule}, Scope::withLab, 1'000'000);
  ASSERT_TRUE(verdict) << verdict.error().message();
  EXPECT_EQ(verdict->kind, VerdictKind::incomplete);
  EXPECT_THAT(reasonsOf(*verdict, "HG199"), ElementsAre(HasSubstr("budget")));
}

} // namespace
} // namespace hotgate::rules::testing
