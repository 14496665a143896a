// The harness killed at random moments, again and again, over jobs that take some milliseconds; the seed is fixed.
#include "harness/jobs/job_folder.h"
#include "harness/jobs/job_scheduler.h"
#include "harness/jobs/job_summary.h"
#include "tests/harness/jobs/killed_run.h"
#include "tests/harness/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotgate::harness {
namespace {

using testing::IsEmpty;

constexpr int jobCount = 24;

std::vector<Job> jobs() {
  std::vector<Job> list;
  for (int number = 0; number < jobCount; ++number)
    list.push_back({.name = fmt::format("job-{:02}", number),
                    .kb = {},
                    .kbName = "KB1",
                    .role = "dhcp",
                    .provider = "wine-host",
                    .machine = "",
                    .repetition = 1,
                    .input = fmt::format("input{}", number)});
  return list;
}

bool isThird(const Job &job) { return std::hash<std::string>()(job.input) % 3 == 0; }

Result<std::vector<JobOutcome>> schedule(const std::filesystem::path &folder) {
  ProgressBoard board(ProgressBoard::Kind::quiet, {});
  JobScheduler scheduler({.folder = folder,
                          .guests = 3,
                          .command =
                              [&](const Job &job, size_t attempt, int reports) {
                                return std::vector<std::string>{HOTGATE_STAND_IN_JOB, (folder / job.name).string(),
                                                                std::to_string(attempt), job.input,
                                                                std::to_string(reports)};
                              }},
                         board);
  return scheduler.run(jobs());
}

// All jobs have their result, once, with the attempts that are due.
void expectWhole(const std::filesystem::path &folder) {
  const auto outcomes = schedule(folder);
  ASSERT_TRUE(outcomes) << outcomes.error().message();
  ASSERT_EQ(outcomes->size(), size_t{jobCount});
  for (const JobOutcome &outcome : *outcomes) {
    EXPECT_EQ(outcome.attempts.size(), isThird(outcome.job) ? 2U : 1U) << outcome.job.name;
    EXPECT_EQ(verdictOf(outcome.attempts), "approve");
    const auto written = readResult(folder / outcome.job.name / "result.json", outcome.job.input);
    ASSERT_TRUE(written) << outcome.job.name;
    EXPECT_EQ(written->back().reason, outcome.attempts.back().reason);
  }
  const auto records = recordsBelow(folder);
  EXPECT_EQ(std::ranges::count_if(records, [](const auto &each) { return each.first.filename() == "result.json"; }),
            jobCount);
  EXPECT_THAT(cutFiles(folder), IsEmpty());
}

TEST(KilledJobs, LoseNoResultAndCountNoneTwice) {
  const TemporaryFolder temporary;
  std::mt19937 random(seedAsked(20240213));
  std::filesystem::path folder = temporary.path() / "round-0";
  std::map<std::filesystem::path, std::string> known;
  int rounds = 0;
  int lastKilled = 0;
  for (int kill = 0; kill < killsAsked(50);) {
    const auto span = std::chrono::milliseconds(1 + random() % 150);
    const int exitCode =
        runAndKill([&] { return schedule(folder) ? 0 : 6; }, {.span = span, .withGroup = random() % 2 == 0});
    ASSERT_THAT(processesLeft(temporary.path(), std::chrono::seconds(20)), IsEmpty()) << "after kill " << kill;
    auto records = recordsBelow(folder);
    for (const auto &[path, content] : known)
      ASSERT_EQ(records[path], content) << path << " changed or is lost, after kill " << kill;
    known = std::move(records);
    if (exitCode < 0) {
      ++kill;
      ++lastKilled;
      continue;
    }
    ASSERT_EQ(exitCode, 0);
    expectWhole(folder);
    folder = temporary.path() / fmt::format("round-{}", ++rounds);
    known.clear();
    lastKilled = 0;
  }
  expectWhole(folder);
  std::cerr << rounds << " whole rounds before the last one of " << lastKilled << " kills\n";
}

} // namespace
} // namespace hotgate::harness
