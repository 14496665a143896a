// `hotgate lab run LAB.yaml` killed in the middle of real runs under this host's wine: then it goes on where it
// stopped, and nothing of the killed runs is left. HOTGATE_KILLS=50 in the environment: as often as that
// (docs/lab-jobs.md).
#include "tests/harness/jobs/killed_run.h"
#include "tests/harness/temporary_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>
#include <unistd.h>

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;

// Three jobs: two that are judged, and one whose service gives leases of another length than the role expects. That is
// a fault of the lab, and tried once more.
constexpr size_t jobCount = 3;
constexpr const char *faultyJob = "faulty-dhcp-wine-host-1";

void replaceIn(const fs::path &file, const std::string &from, const std::string &to) {
  std::string text = contentOf(file);
  ASSERT_NE(text.find(from), std::string::npos) << file;
  text.replace(text.find(from), from.size(), to);
  fs::remove(file);
  std::ofstream(file) << text;
}

// Copies of the corpus' good KB with a short soak: their place is what the processes of this test are known by.
void makeKbs(const fs::path &folder) {
  for (const char *name : {"good", "faulty"}) {
    fs::copy(fs::path(HOTGATE_CORPUS) / "good", folder / name, fs::copy_options::recursive);
    replaceIn(folder / name / "lab.yaml", "requests: 600", "requests: 40");
  }
  replaceIn(folder / "faulty" / "lab.yaml", "--lease 3600", "--lease 1800");
  std::ofstream(folder / "LAB.yaml") << "jobs:\n"
                                        "  - {kb: good/KB.yaml, provider: wine-host, repetitions: 2}\n"
                                        "  - {kb: faulty/KB.yaml, provider: wine-host}\n";
  fs::create_directory(folder / "tmp");
}

int runLab(const fs::path &folder, const fs::path &out) {
  const int log = open((folder / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  setenv("TMPDIR", (folder / "tmp").c_str(), 1);
  execl(HOTGATE_PROGRAM, HOTGATE_PROGRAM, "lab", "run", (folder / "LAB.yaml").c_str(), "--out", out.c_str(), "--guests",
        "2", nullptr);
  return 127;
}

std::set<std::string> namesIn(const fs::path &folder, const std::string &beginning) {
  std::set<std::string> names;
  for (const auto &entry : fs::directory_iterator(folder))
    if (entry.path().filename().string().starts_with(beginning))
      names.insert(entry.path().string());
  return names;
}

// What a run could leave on this host besides processes: with these as before, and no process, no namespace is left
// either, for it lives by what is in it or mounts it.
struct HostState {
  std::string mounts = contentOf("/proc/self/mountinfo");
  std::set<std::string> wineServers = namesIn("/tmp", ".wine");
  std::set<std::string> networkDevices = namesIn("/sys/class/net", "");
  bool operator==(const HostState &) const = default;
};

void expectWhole(const fs::path &out) {
  const auto summary = nlohmann::json::parse(contentOf(out / "summary.json"), nullptr, false);
  ASSERT_TRUE(summary.is_object()) << "no summary";
  std::set<std::string> names;
  for (const auto &job : summary["jobs"]) {
    const auto name = job["job"].get<std::string>();
    names.insert(name);
    if (name == faultyJob)
      EXPECT_EQ(job["attempts"].dump(), "[\"lab-fault\",\"lab-fault\"]");
    else
      EXPECT_THAT(job["attempts"].dump(), testing::AnyOf("[\"judged\"]", "[\"lab-fault\",\"judged\"]"));
    EXPECT_FALSE(fs::exists(out / "jobs" / name / "attempt-3"));
  }
  EXPECT_EQ(names.size(), jobCount);
  EXPECT_EQ(summary["jobs"].size(), jobCount);
  EXPECT_THAT(cutFiles(out), IsEmpty());
}

class KilledLab : public testing::Test {
protected:
  KilledLab() { makeKbs(folder()); }
  [[nodiscard]] const fs::path &folder() const { return temporary_.path(); }

  // One run that is killed, or comes to its end: the next one begins anew.
  int run(const Kill &kill) {
    const int exitCode = runAndKill([this] { return runLab(folder(), out_); }, kill);
    expectNothingLost();
    if (exitCode >= 0) {
      expectWhole(out_);
      out_ = folder() / fmt::format("out-{}", ++rounds_);
      known_.clear();
    }
    return exitCode;
  }
  // The job that is tried once more has its second attempt before it, and no result.
  [[nodiscard]] bool isRetrying() const {
    const fs::path job = out_ / "jobs" / faultyJob;
    return fs::exists(job / "attempt-1" / "attempt.json") && !fs::exists(job / "result.json");
  }
  [[nodiscard]] int rounds() const { return rounds_; }

private:
  void expectNothingLost() {
    ASSERT_THAT(processesLeft(folder(), std::chrono::seconds(20)), IsEmpty());
    EXPECT_THAT(socketsLeft(folder()), IsEmpty());
    EXPECT_EQ(namesIn(folder() / "tmp", ""), std::set<std::string>());
    EXPECT_EQ(HostState(), before_);
    auto records = recordsBelow(out_);
    for (const auto &[path, content] : known_)
      ASSERT_EQ(records[path], content) << path << " changed or is lost";
    known_ = std::move(records);
  }

  const TemporaryFolder temporary_;
  const HostState before_;
  fs::path out_ = folder() / "out-0";
  std::map<fs::path, std::string> known_;
  int rounds_ = 0;
};

TEST_F(KilledLab, GoesOnAndLeavesNothing) {
  std::mt19937 random(seedAsked(20240314));
  const int kills = killsAsked(3);
  int withRetryDue = 0;
  for (int kill = 0; kill < kills && !HasFailure();) {
    Kill how{.span = std::chrono::milliseconds(100 + random() % 9900), .withGroup = random() % 2 == 0};
    if (kill % 5 == 2) { // from the end of the first attempt that is tried again
      how.span = std::chrono::milliseconds(random() % 4000);
      how.since = [this] { return isRetrying(); };
    }
    const bool isKilled = run(how) < 0;
    kill += isKilled ? 1 : 0;
    withRetryDue += isKilled && isRetrying() ? 1 : 0;
  }
  const int exitCode = run({.span = std::chrono::seconds(240)});
  EXPECT_GE(exitCode, 0) << contentOf(folder() / "log");
  std::cerr << fmt::format("{} kills, {} of them with a retry begun or due; {} whole rounds of {} jobs\n", kills,
                           withRetryDue, rounds(), jobCount);
}

} // namespace
} // namespace hotgate::harness
