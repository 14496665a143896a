// What is decided about jobs: how many at once, which attempt is due, what a folder of another input is worth, what a
// job that dies, hangs or floods costs.
#include "harness/jobs/guest_count.h"
#include "harness/jobs/job_folder.h"
#include "harness/jobs/job_scheduler.h"
#include "harness/jobs/job_summary.h"
#include "harness/jobs/lab_file.h"
#include "support/output_file.h"
#include "tests/harness/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotgate::harness {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(GuestCount, IsBoundByCoresAndMemory) {
  const int64_t guest = guestCostMiB(512);
  EXPECT_EQ(guestsAtOnce({24576, 2}, guest, std::nullopt), 2);
  EXPECT_EQ(guestsAtOnce({24576, 2}, guest, 4), 4) << "four on 24 GiB";
  EXPECT_EQ(guestsAtOnce({24576, 64}, guest, std::nullopt), 24576 * 7 / 8 / guest);
  EXPECT_EQ(guestsAtOnce({3000, 8}, guest, 4), 2) << "a wish does not make memory";
  EXPECT_EQ(guestsAtOnce({100, 8}, guest, std::nullopt), 1);
  EXPECT_EQ(guestsAtOnce({1 << 30, 1000}, guest, std::nullopt), mostGuests);
  EXPECT_GT(HostRoom::now().freeMiB, 0);
}

Attempt ended(AttemptEnd end, std::string verdict) { return {end, std::move(verdict), "a reason", 0, ""}; }

TEST(Attempts, OnlyAFaultOfTheLabIsTriedAgainAndOnlyOnce) {
  EXPECT_TRUE(needsAttempt({}));
  EXPECT_FALSE(needsAttempt({ended(AttemptEnd::judged, "approve")}));
  EXPECT_FALSE(needsAttempt({ended(AttemptEnd::judged, "incomplete")}));
  EXPECT_FALSE(needsAttempt({ended(AttemptEnd::refused, "")}));
  for (const AttemptEnd end : {AttemptEnd::labFault, AttemptEnd::died, AttemptEnd::late}) {
    EXPECT_TRUE(needsAttempt({ended(end, "")})) << toString(end);
    EXPECT_FALSE(needsAttempt({ended(end, ""), ended(end, "")})) << toString(end);
  }
  EXPECT_FALSE(needsAttempt({ended(AttemptEnd::labFault, "block")})) << "what was seen of the patch stays";
  EXPECT_EQ(verdictOf({ended(AttemptEnd::died, ""), ended(AttemptEnd::late, "")}), "incomplete");
  EXPECT_EQ(verdictOf({ended(AttemptEnd::labFault, "incomplete"), ended(AttemptEnd::judged, "approve")}), "approve");
}

TEST(LabFileTest, IsReadStrictly) {
  const TemporaryFolder folder;
  const auto read = [&](const std::string &text) { return readLabFile(folder.write("LAB.yaml", text)); };
  const auto lab = read("jobs:\n  - kb: good/KB.yaml\n    roles: [dhcp]\n    provider: wine-host\n    repetitions: 3\n"
                        "  - kb: other/KB.yaml\n    name: second\ntime_limit: 600\n");
  ASSERT_TRUE(lab) << lab.error().message();
  ASSERT_EQ(lab->entries.size(), 2U);
  EXPECT_EQ(lab->entries[0].kb, folder.path() / "good" / "KB.yaml");
  EXPECT_EQ(lab->entries[0].name, "good");
  EXPECT_EQ(lab->entries[0].provider, Provider::wineHost);
  EXPECT_EQ(lab->entries[0].repetitions, 3);
  EXPECT_EQ(lab->entries[1].name, "second");
  EXPECT_EQ(lab->timeLimit, std::chrono::seconds(600));
  const auto refused = [&](const std::string &text) {
    const auto result = read(text);
    return result ? std::string("accepted") : result.error().message();
  };
  EXPECT_THAT(refused("jobs: []\n"), HasSubstr("at least one KB"));
  EXPECT_THAT(refused("jobs:\n  - kb: a/KB.yaml\n    rolls: [dhcp]\n"), AllOf(HasSubstr("line 3"), HasSubstr("rolls")));
  EXPECT_THAT(refused("jobs:\n  - kb: a/KB.yaml\n    provider: vmware\n"), HasSubstr("vmware"));
  EXPECT_THAT(refused("jobs:\n  - kb: a/KB.yaml\n    name: ../../etc\n"), HasSubstr("must be made of"));
  EXPECT_THAT(refused("jobs:\n  - kb: a/KB.yaml\n    repetitions: 0\n"), HasSubstr("from 1 to 1000"));
  EXPECT_THAT(refused("jobs: good\n"), HasSubstr("must be a list of maps"));
  EXPECT_TRUE(isLabFile(folder.write("a.yaml", "jobs: []\n")).value());
  EXPECT_FALSE(isLabFile(folder.write("b.yaml", "kb: KB1\n")).value());
}

class Scheduling : public testing::Test {
protected:
  static Job job(const std::string &name, const std::string &input = "input") {
    return {.name = name,
            .kb = {},
            .kbName = "KB1",
            .role = "dhcp",
            .provider = "qemu",
            .machine = "",
            .repetition = 1,
            .input = input};
  }
  // Every job is a shell script, by its name; $FOLDER is the attempt's folder, $RIGHT what a good one writes there.
  Result<std::vector<JobOutcome>> run(const std::vector<Job> &list) {
    ProgressBoard board(ProgressBoard::Kind::plain, [this](std::string_view text) { printed += text; });
    JobScheduler scheduler(
        {.folder = folder.path(),
         .guests = 2,
         .timeLimit = limit,
         .keepTime = keepTime,
         .command =
             [this](const Job &each, size_t attempt, int reports) {
               const std::string right = writeAttempt(each.input, {AttemptEnd::judged, "approve", "", 0, ""});
               return std::vector<std::string>{
                   "sh", "-c",
                   fmt::format("echo {} >>{}; mkdir -p {}; REPORTS={} FOLDER={} RIGHT={} ; {}", each.name,
                               (folder.path() / "ran").string(),
                               JobFolder(folder.path() / each.name).attemptFolder(attempt).string(), reports,
                               JobFolder(folder.path() / each.name).attemptFolder(attempt).string(), shellQuoted(right),
                               scripts.at(each.name))};
             }},
        board);
    return scheduler.run(list);
  }
  std::string ran() const { return readFile(folder.path() / "ran").value_or(""); }

  const TemporaryFolder folder;
  std::map<std::string, std::string> scripts{{"good", "echo \"$RIGHT\" >$FOLDER/attempt.json"}};
  std::chrono::seconds limit{60};
  std::chrono::seconds keepTime{1};
  std::string printed;
};

TEST_F(Scheduling, AJobThatDiesHangsOrFloodsCostsItsOwnRun) {
  scripts["dies"] = "echo what it said; kill -9 $$";
  scripts["hangs"] = "sleep 1000";
  scripts["floods"] = "while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done >&$REPORTS";
  scripts["prints"] = "yes | head -c 20000000; echo \"$RIGHT\" >$FOLDER/attempt.json";
  limit = std::chrono::seconds(4);
  const auto outcomes = run({job("hangs"), job("floods"), job("dies"), job("good"), job("prints")});
  ASSERT_TRUE(outcomes) << outcomes.error().message();
  const std::string text = summaryText(*outcomes);
  EXPECT_THAT(text, HasSubstr("approve     good\n"));
  EXPECT_THAT(text, HasSubstr("approve     prints\n"));
  EXPECT_THAT(
      text,
      AllOf(
          HasSubstr("incomplete  dies\n            attempt 1: died: its process ended with 137; it printed: what it "
                    "said\n            not kept: the guest ended with the job's process\n            attempt 2: died"),
          HasSubstr(
              "incomplete  hangs\n            attempt 1: late: still ran after 4 s and was ended\n            not "
              "kept: the job did not keep its guest within 1 s more, and was killed with it\n"),
          HasSubstr("incomplete  floods\n            attempt 1: late"), HasSubstr("5 jobs, 2 approve, 3 incomplete")));
}

// A job that is late is told why, and has its time to keep the guest and to say what became of it.
TEST_F(Scheduling, AJobThatIsLateKeepsItsGuest) {
  const std::string late = writeAttempt("input", {AttemptEnd::late, "", "REASON", 0, "attempt-1/guest-dhcp", ""});
  scripts["late"] = "read reason <&$REPORTS; echo " + shellQuoted(late) +
                    " | sed \"s/REASON/$reason/\" >$FOLDER/attempt.json; exit 0";
  limit = std::chrono::seconds(1);
  keepTime = std::chrono::seconds(20);
  const auto outcomes = run({job("late"), job("good")});
  ASSERT_TRUE(outcomes) << outcomes.error().message();
  EXPECT_THAT(summaryText(*outcomes),
              HasSubstr("incomplete  late\n            attempt 1: late: still ran after 1 s and was ended\n"
                        "            kept: late/attempt-1/guest-dhcp\n"));
  EXPECT_THAT(printed, HasSubstr("late: its time is over: keeping its guest\n"));
}

// What was kept at the first failure stays, whatever becomes of the job then.
TEST_F(Scheduling, AJobThatDiesBehindItsFirstFailureHasItsGuest) {
  scripts["dies"] =
      "mkdir $FOLDER/guest-dhcp $FOLDER/.hotgate-abcdef; echo {} >$FOLDER/guest-dhcp/guest.json; kill -9 $$";
  const auto outcomes = run({job("dies")});
  ASSERT_TRUE(outcomes) << outcomes.error().message();
  EXPECT_EQ(outcomes->at(0).attempts.at(0).kept, "attempt-1/guest-dhcp");
  EXPECT_EQ(outcomes->at(0).attempts.at(0).notKept, "");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "dies/attempt-1/.hotgate-abcdef")) << "what it worked in";
}

// A machine that is reached by SSH is there once, however many guests there is room for.
TEST_F(Scheduling, AMachineThatIsSharedHasOneJobAtATime) {
  std::vector<Job> list;
  for (const char *name : {"first", "second", "third"}) {
    // mkdir fails when another one is in there.
    scripts[name] = fmt::format("mkdir {0} && sleep 0.3 && rmdir {0} && echo \"$RIGHT\" >$FOLDER/attempt.json",
                                (folder.path() / "machine").string());
    list.push_back(job(name));
    list.back().machine = "192.0.2.10 port 22";
  }
  list.push_back(job("good"));
  const auto outcomes = run(list);
  ASSERT_TRUE(outcomes) << outcomes.error().message();
  EXPECT_THAT(summaryText(*outcomes), HasSubstr("4 jobs, 4 approve"));
  // The one with a guest of its own did not wait for the others.
  EXPECT_THAT(ran(), testing::AnyOf(testing::StartsWith("first\ngood\n"), testing::StartsWith("good\nfirst\n")));
}

TEST_F(Scheduling, WhatIsDoneIsNotRunAgainUnlessItsInputChanged) {
  ASSERT_TRUE(run({job("good")}));
  ASSERT_TRUE(run({job("good")}));
  EXPECT_EQ(ran(), "good\n");
  const auto changed = run({job("good", "another input")});
  ASSERT_TRUE(changed);
  EXPECT_EQ(ran(), "good\ngood\n");
  EXPECT_FALSE(readResult(folder.path() / "good" / "result.json", "input"));
  EXPECT_TRUE(readResult(folder.path() / "good" / "result.json", "another input"));
}

TEST_F(Scheduling, AnAttemptThatEndedIsNotRepeatedWhenTheHarnessWasKilledBehindIt) {
  const JobFolder done(folder.path() / "good");
  ASSERT_TRUE(done.prepare(job("good")));
  std::filesystem::create_directory(done.attemptFolder(1));
  ASSERT_TRUE(done.endAttempt(1, "input", ended(AttemptEnd::judged, "review")));
  const auto outcomes = run({job("good")});
  ASSERT_TRUE(outcomes);
  EXPECT_EQ(ran(), "");
  EXPECT_EQ(verdictOf(outcomes->at(0).attempts), "review");
  EXPECT_TRUE(readResult(done.resultFile(), "input"));
}

TEST_F(Scheduling, ADamagedResultIsNone) {
  ASSERT_TRUE(run({job("good")}));
  for (const char *text : {"", "{", "[]", R"({"schema":"hotgate/lab-job/1","input":"input","attempts":[]})",
                           R"({"schema":"hotgate/lab-job/1","input":"input","attempts":[{"end":"fine"}]})"}) {
    ASSERT_TRUE(writeFile(folder.path() / "good" / "result.json", text));
    EXPECT_FALSE(readResult(folder.path() / "good" / "result.json", "input")) << text;
  }
}

TEST_F(Scheduling, TheLockKeepsTwoHarnessesApart) {
  const auto first = lockFile(folder.path() / "lock", after(std::chrono::seconds(0)));
  ASSERT_TRUE(first);
  const auto second = lockFile(folder.path() / "lock", after(std::chrono::milliseconds(50)));
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message(), HasSubstr("another run works in this folder"));
}

TEST(Board, HasOneLineAGuestOnATerminalAndPlainLinesElsewhere) {
  std::string plain;
  ProgressBoard lines(ProgressBoard::Kind::plain, [&](std::string_view text) { plain += text; });
  lines.begin(2, 0);
  lines.step("one", "control: soak, 0 of 600 requests");
  lines.step("two", "control: \x1b[2Jrestore");
  lines.step("one", "control: soak, 10 of 600 requests");
  lines.ended("one", "approve", true);
  EXPECT_EQ(plain, "2 jobs, 0 of them done before\none: control: soak, 0 of 600 requests\n"
                   "two: control: \\x1b[2Jrestore\none: approve\n");
  std::string drawn;
  ProgressBoard board(ProgressBoard::Kind::terminal, [&](std::string_view text) { drawn = text; });
  board.begin(3, 1);
  board.step("one", "control: soak, 0 of 600 requests");
  board.step("two", "control: restore");
  EXPECT_THAT(drawn, AllOf(HasSubstr("\x1b[2A"), HasSubstr("1 of 3 jobs done, 2 running")));
  EXPECT_EQ(std::ranges::count(drawn, '\n'), 3);
}

} // namespace
} // namespace hotgate::harness
