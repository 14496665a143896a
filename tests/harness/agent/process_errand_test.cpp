// An errand into another process, under wine: what it answers is handed on, and one that never comes back is given up
// once the process has ended.
#include "tests/harness/agent/wine_program.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace hotgate::harness::agent_test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json answerOf(const std::string &way) {
  auto program = WineProgram::start(ERRAND_PROGRAM, {way});
  if (!program) {
    ADD_FAILURE() << program.error().message();
    return json::object();
  }
  const auto line = program->readLine(std::chrono::seconds(40));
  if (!line) {
    ADD_FAILURE() << line.error().message();
    return json::object();
  }
  return json::parse(*line);
}

TEST(ProcessErrand, AnswersWhatTheWorkAnswers) {
  EXPECT_EQ(answerOf("answers").value("answered", false), true);
  EXPECT_THAT(answerOf("refuses").value("error", ""), HasSubstr("it refuses"));
  EXPECT_EQ(answerOf("throws").value("thrown", ""), "it threw");
}

// A thread that ends before it has begun is rare, and nobody would ever answer.
TEST(ProcessErrand, EveryOneOfThousandsIsDone) { EXPECT_EQ(answerOf("often").value("answered", false), true); }

TEST(ProcessErrand, WorkMayOutliveTheProcess) { EXPECT_EQ(answerOf("child-ends").value("ended", false), true); }

TEST(ProcessErrand, WorkThatNeverComesBackIsGivenUpOnceTheProcessHasEnded) {
  const json answer = answerOf("hangs");
  EXPECT_EQ(answer.value("ok", true), false) << answer;
  EXPECT_THAT(answer.value("error", ""),
              HasSubstr("it ended, and what was being done in it did not come back within 500 ms"));
}

} // namespace
} // namespace hotgate::harness::agent_test
