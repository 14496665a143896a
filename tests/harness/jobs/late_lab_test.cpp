// `hotgate lab run LAB.yaml` with a job that does not end within its time limit, under this host's wine: both attempts
// are late, and what was seen of their guest is kept.
#include "support/output_file.h"
#include "tests/harness/jobs/killed_run.h"
#include "tests/harness/temporary_folder.h"

#include <cstdlib>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;

TEST(LateLab, KeepsItsGuest) {
  const TemporaryFolder temporary;
  const fs::path kb = temporary.path() / "good";
  fs::copy(fs::path(HOTGATE_CORPUS) / "good", kb, fs::copy_options::recursive);
  std::string lab = readFile(kb / "lab.yaml").value();
  const std::string requests = "requests: 600";
  ASSERT_NE(lab.find(requests), std::string::npos);
  fs::remove(kb / "lab.yaml"); // the corpus' file may be a link
  temporary.write("good/lab.yaml", lab.replace(lab.find(requests), requests.size(), "requests: 1000000"));
  temporary.write("LAB.yaml", "jobs:\n  - kb: good/KB.yaml\n    provider: wine-host\ntime_limit: 12\n");
  const std::string command = fmt::format(
      "'" HOTGATE_PROGRAM "' lab run '{0}/LAB.yaml' --out '{0}/out' >'{0}/log' 2>&1", temporary.path().string());
  EXPECT_EQ(std::system(command.c_str()) & 0x7f, 0); // it ends by itself
  EXPECT_THAT(processesLeft(temporary.path(), std::chrono::seconds(20)), testing::IsEmpty());
  const fs::path job = temporary.path() / "out/jobs/good-dhcp-wine-host-1";
  const auto text = readFile(job / "result.json");
  ASSERT_TRUE(text) << readFile(temporary.path() / "log").value_or("");
  const auto result = nlohmann::json::parse(*text, nullptr, false);
  ASSERT_EQ(result["attempts"].size(), 2U);
  for (const auto &attempt : result["attempts"]) {
    EXPECT_EQ(attempt["end"], "late");
    EXPECT_EQ(attempt["reason"], "still ran after 12 s and was ended");
    EXPECT_EQ(attempt["not_kept"], "");
    const fs::path kept = job / attempt["kept"].get<std::string>();
    EXPECT_TRUE(fs::exists(kept / "guest.json")) << kept;
    EXPECT_TRUE(fs::exists(kept / "frames.pcapng")) << readFile(kept / "guest.json").value_or("");
  }
  EXPECT_EQ(result["verdict"], "incomplete");
  EXPECT_FALSE(fs::exists(job / "attempt-1/verdict.json")) << "what the run makes of the end is no result";
}

} // namespace
} // namespace hotgate::harness
