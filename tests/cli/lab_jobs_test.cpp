// `hotgate lab run LAB.yaml`: what is refused before anything runs, and what one job's folder says of an input that
// cannot be used. No guest is needed.
#include "tests/harness/temporary_folder.h"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>
#include <sys/wait.h>

namespace hotgate::cli {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

std::string contentOf(const fs::path &file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

class LabJobs : public testing::Test {
protected:
  void SetUp() override {
    fs::copy(fs::path(HOTGATE_CORPUS) / "dhcp" / "good", folder.path() / "good", fs::copy_options::recursive);
  }
  int run(const std::string &lab, const std::string &options = "") {
    folder.write("LAB.yaml", lab);
    const auto path = [&](const char *name) { return "'" + (folder.path() / name).string() + "'"; };
    const int status = std::system(("'" HOTGATE_PROGRAM "' lab run " + path("LAB.yaml") + " --out " + path("out") +
                                    " --provider wine-host " + options + " >" + path("output") + " 2>" + path("errors"))
                                       .c_str());
    errors = contentOf(folder.path() / "errors");
    return WEXITSTATUS(status);
  }

  const harness::TemporaryFolder folder;
  std::string errors;
};

TEST_F(LabJobs, MistakesAreSaidBeforeAnythingRuns) {
  EXPECT_EQ(run("jobs:\n  - kb: nowhere/KB.yaml\n"), 5);
  EXPECT_THAT(errors, HasSubstr("nowhere/KB.yaml"));
  EXPECT_EQ(run("jobs:\n  - kb: good/KB.yaml\n    roles: [no-such-role]\n"), 4);
  EXPECT_THAT(errors, HasSubstr("there is no role 'no-such-role'"));
  EXPECT_EQ(run("jobs:\n  - kb: good/KB.yaml\n    roles: [../roles/dhcp]\n"), 4);
  EXPECT_EQ(run("jobs:\n  - kb: good/KB.yaml\n  - kb: good/KB.yaml\n"), 4);
  EXPECT_THAT(errors, HasSubstr("is there twice"));
  EXPECT_EQ(run("jobs:\n  - kb: good/KB.yaml\n", "--guests 0"), 4);
  EXPECT_FALSE(fs::exists(folder.path() / "out"));
}

TEST_F(LabJobs, AnExpiredQuarantineIsAnErrorThatNamesIt) {
  const fs::path list = folder.write("quarantine.yaml", "quarantine:\n  - role: dhcp\n    exchange: decline\n"
                                                        "    reason: slow\n    owner: network team\n"
                                                        "    expires: 2020-01-31\n");
  EXPECT_EQ(run("jobs:\n  - kb: good/KB.yaml\n", "--quarantine '" + list.string() + "'"), 4);
  EXPECT_THAT(errors, AllOf(HasSubstr("2020-01-31"), HasSubstr("dhcp decline ended"), HasSubstr("line 6")));
}

// The hotpatch image is damaged: found out in the job's own process, said in its result, and not tried again.
TEST_F(LabJobs, AnInputThatCannotBeUsedIsRefusedOnce) {
  for (const auto &image : fs::directory_iterator(folder.path() / "good" / "pre"))
    if (image.path().extension() == ".exe")
      fs::resize_file(image.path(), 100);
  EXPECT_EQ(run("jobs:\n  - kb: good/KB.yaml\n"), 5) << errors;
  const auto result = nlohmann::json::parse(
      contentOf(folder.path() / "out" / "jobs" / "good-dhcp-wine-host-1" / "result.json"), nullptr, false);
  ASSERT_TRUE(result.is_object()) << errors;
  EXPECT_EQ(result["verdict"], "incomplete");
  ASSERT_EQ(result["attempts"].size(), 1U);
  EXPECT_EQ(result["attempts"][0]["end"], "refused");
  EXPECT_EQ(result["attempts"][0]["exit_code"], 5);
}

TEST_F(LabJobs, AShellNeedsAKeptMachine) {
  const std::string errorFile = (folder.path() / "errors").string();
  const int status =
      std::system(("'" HOTGATE_PROGRAM "' lab shell '" + folder.path().string() + "' 2>'" + errorFile + "'").c_str());
  EXPECT_EQ(WEXITSTATUS(status), 5);
  EXPECT_THAT(contentOf(errorFile), HasSubstr("guest.json"));
}

} // namespace
} // namespace hotgate::cli
