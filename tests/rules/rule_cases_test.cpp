// Every rule against its cases in corpus/rules/HGnnn: fail.sql is a change to the clean KB that the rule, and only this
// rule, finds; pass.sql is a near miss that no rule finds. In fail.sql, "-- expect: SUBJECT" lines name the findings,
// all of them, and "-- says: TEXT" is part of a message.
#include "tests/rules/facts_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <sstream>

// How GoogleTest names them in its output.
namespace hotgate::rules {
void PrintTo(const Rule &rule, std::ostream *stream) { *stream << rule.id << '-' << rule.name; }
void PrintTo(const Finding &finding, std::ostream *stream) { *stream << finding.rule << ' ' << finding.message; }
} // namespace hotgate::rules

namespace hotgate::rules::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

std::filesystem::path caseFolder() { return sourceFolder() / "corpus" / "rules"; }

std::vector<std::string> commentLines(const std::string &sql, const std::string &mark) {
  std::vector<std::string> lines;
  std::istringstream stream(sql);
  for (std::string line; std::getline(stream, line);)
    if (line.starts_with("-- " + mark + ": "))
      lines.push_back(line.substr(mark.size() + 5));
  return lines;
}

std::string textOf(const Verdict &verdict) {
  std::string text(toString(verdict.kind));
  for (const Finding &finding : verdict.findings)
    text += fmt::format("\n  {} {}: {} {}", finding.rule, finding.subject, finding.message, finding.evidence);
  for (const NotEvaluated &entry : verdict.notEvaluated)
    text += fmt::format("\n  not evaluated: {} {}", entry.rule, entry.reason);
  return text;
}

VerdictKind kindFor(Severity severity) {
  switch (severity) {
  case Severity::block:
    return VerdictKind::block;
  case Severity::incomplete:
    return VerdictKind::incomplete;
  case Severity::review:
    return VerdictKind::review;
  case Severity::note:
    return VerdictKind::approve;
  }
  return VerdictKind::incomplete;
}

class RuleCase : public ::testing::TestWithParam<Rule> {};

TEST_P(RuleCase, FailIsFoundByThisRuleAlone) {
  const Rule &rule = GetParam();
  const auto path = caseFolder() / rule.id / "fail.sql";
  ASSERT_TRUE(std::filesystem::exists(path)) << rule.id << " has no fail case: write " << path;
  const std::string sql = readFile(path);
  const Verdict verdict = judged(sql);
  std::vector<std::string> subjects;
  for (const Finding &finding : verdict.findings) {
    EXPECT_EQ(finding.rule, rule.id) << textOf(verdict);
    subjects.push_back(finding.subject);
  }
  const auto expected = commentLines(sql, "expect");
  ASSERT_FALSE(expected.empty()) << path << " has no \"-- expect: subject\" line";
  EXPECT_THAT(subjects, UnorderedElementsAreArray(expected)) << textOf(verdict);
  for (const std::string &text : commentLines(sql, "says"))
    EXPECT_THAT(verdict.findings, Contains(::testing::Field(&Finding::message, HasSubstr(text)))) << textOf(verdict);
  EXPECT_EQ(verdict.kind, kindFor(rule.severity)) << textOf(verdict);
}

TEST_P(RuleCase, PassIsClean) {
  const Rule &rule = GetParam();
  const auto path = caseFolder() / rule.id / "pass.sql";
  ASSERT_TRUE(std::filesystem::exists(path)) << rule.id << " has no pass case: write " << path;
  const Verdict verdict = judged(readFile(path));
  EXPECT_THAT(verdict.findings, IsEmpty()) << textOf(verdict);
  if (rule.id != "HG902") // its pass case is about what is not evaluated
    EXPECT_THAT(verdict.notEvaluated, IsEmpty()) << textOf(verdict);
  EXPECT_EQ(verdict.kind, VerdictKind::approve) << textOf(verdict);
}

INSTANTIATE_TEST_SUITE_P(Catalogue, RuleCase, ::testing::ValuesIn(catalogue()),
                         [](const auto &info) { return info.param.id; });

TEST(RuleCases, EveryFolderBelongsToARule) {
  for (const auto &entry : std::filesystem::directory_iterator(caseFolder()))
    if (entry.is_directory())
      EXPECT_NE(findRule(catalogue(), entry.path().filename().string()), nullptr)
          << entry.path() << ": there is no such rule";
}

TEST(RuleCases, CleanKbIsApproved) {
  const Verdict verdict = judged("");
  EXPECT_EQ(verdict.kind, VerdictKind::approve) << textOf(verdict);
  EXPECT_THAT(verdict.findings, IsEmpty()) << textOf(verdict);
}

} // namespace

} // namespace hotgate::rules::testing
