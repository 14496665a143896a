// `hotgate lab run LAB.yaml` killed in the middle of real runs under this host's wine: then it goes on where it
// stopped, and nothing of the killed runs is left. HOTGATE_KILLS=50 in the environment: as often as that.
#include "harness/vm/child_process.h"
#include "tests/harness/jobs/killed_run.h"
#include "tests/harness/temporary_folder.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <unistd.h>

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;

constexpr size_t jobCount = 2;

std::string contentOf(const fs::path &file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

// A copy of the corpus' good KB with a short soak: its place is what the processes of this test are known by.
void makeKb(const fs::path &folder) {
  fs::copy(fs::path(HOTGATE_CORPUS) / "good", folder / "good", fs::copy_options::recursive);
  const fs::path lab = folder / "good" / "lab.yaml";
  std::string text = contentOf(lab);
  const std::string requests = "requests: 600";
  text.replace(text.find(requests), requests.size(), "requests: 100");
  fs::remove(lab);
  std::ofstream(lab) << text;
  std::ofstream(folder / "LAB.yaml") << "jobs:\n  - kb: good/KB.yaml\n    provider: wine-host\n    repetitions: "
                                     << jobCount << "\n";
}

int runLab(const fs::path &folder, const fs::path &out) {
  const int log = open((folder / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execl(HOTGATE_PROGRAM, HOTGATE_PROGRAM, "lab", "run", (folder / "LAB.yaml").c_str(), "--out", out.c_str(), "--guests",
        "2", nullptr);
  return 127;
}

std::set<std::string> wineServers() {
  std::set<std::string> names;
  for (const auto &entry : fs::directory_iterator("/tmp"))
    if (entry.path().filename().string().starts_with(".wine"))
      names.insert(entry.path().string());
  return names;
}

void expectWhole(const fs::path &out) {
  const auto summary = nlohmann::json::parse(contentOf(out / "summary.json"), nullptr, false);
  ASSERT_TRUE(summary.is_object()) << "no summary";
  std::set<std::string> names;
  for (const auto &job : summary["jobs"]) {
    names.insert(job["job"].get<std::string>());
    EXPECT_THAT(job["attempts"].dump(), testing::AnyOf("[\"judged\"]", "[\"lab-fault\",\"judged\"]"));
  }
  EXPECT_EQ(names.size(), jobCount);
  EXPECT_EQ(summary["jobs"].size(), jobCount);
  EXPECT_THAT(cutFiles(out), IsEmpty());
}

TEST(KilledLab, GoesOnAndLeavesNothing) {
  const TemporaryFolder temporary;
  makeKb(temporary.path());
  const auto mountsBefore = contentOf("/proc/self/mountinfo");
  const auto wineBefore = wineServers();
  std::mt19937 random(20240314); // NOLINT: the same moments every time
  fs::path out = temporary.path() / "out-0";
  std::map<fs::path, std::string> known;
  int rounds = 0;
  const auto run = [&] { return runLab(temporary.path(), out); };
  const auto check = [&] {
    ASSERT_THAT(processesLeft(temporary.path(), std::chrono::seconds(20)), IsEmpty());
    auto records = recordsBelow(out);
    for (const auto &[path, content] : known)
      ASSERT_EQ(records[path], content) << path << " changed or is lost";
    known = std::move(records);
  };
  for (int kill = 0; kill < killsAsked(3);) {
    const int exitCode = runAndKill(run, std::chrono::milliseconds(100 + random() % 6000), random() % 2 == 0);
    ASSERT_NO_FATAL_FAILURE(check());
    if (exitCode < 0) {
      ++kill;
      continue;
    }
    expectWhole(out);
    out = temporary.path() / fmt::format("out-{}", ++rounds);
    known.clear();
  }
  const int exitCode = runAndKill(run, std::chrono::seconds(240), false);
  EXPECT_GE(exitCode, 0) << contentOf(temporary.path() / "log");
  ASSERT_NO_FATAL_FAILURE(check());
  expectWhole(out);
  EXPECT_EQ(contentOf("/proc/self/mountinfo"), mountsBefore);
  EXPECT_EQ(wineServers(), wineBefore);
}

} // namespace
} // namespace hotgate::harness
