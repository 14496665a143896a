// Each role's real server, sound and broken in every way: what `hotgate lab run --role` says of it.
#include "harness/roles/role.h"
#include "harness/vm/child_process.h"
#include "tests/harness/fact_rows.h"
#include "tests/harness/temporary_folder.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace hotgate {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::IsSupersetOf;

class ReferenceRun : public testing::TestWithParam<const char *> {
protected:
  void run() {
    const harness::TemporaryFolder folder;
    auto hotgate = harness::ChildProcess::start(
        {.arguments = {"env", HOTGATE_PROGRAM, "lab", "run", "--role", GetParam(), "--out", folder.path().string()}});
    ASSERT_TRUE(hotgate) << hotgate.error().message();
    const auto code = hotgate->wait(harness::after(std::chrono::minutes(10)));
    ASSERT_TRUE(code) << code.error().message();
    ASSERT_EQ(*code, 0) << hotgate->outputTail(8000);
    result = nlohmann::json::parse(std::ifstream(folder.path() / "result.json"));
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "slow.sqlite"));
    facts::Database sound = facts::Database::open(folder.path() / "sound.sqlite").value();
    rightInSmoke = harness::factRows(sound, "SELECT exchange FROM lab_probe WHERE phase = 'patched' AND step = 'smoke' "
                                            "AND sent > 0 AND answered = sent AND wrong = 0");
  }
  std::vector<std::string> rulesOf(const std::string &name) const {
    std::vector<std::string> rules;
    for (const auto &way : result.at("ways"))
      if (way.at("way") == name)
        for (const auto &finding : way.at("findings"))
          rules.push_back(finding.at("rule"));
    return rules;
  }

  nlohmann::json result;
  std::vector<std::string> rightInSmoke; // exchanges, of the sound server
};

TEST_P(ReferenceRun, TheRulesTellEachWayForWhatItIs) {
  ASSERT_NO_FATAL_FAILURE(run());
  EXPECT_TRUE(rulesOf("sound").empty());
  const auto role = harness::readRole(std::filesystem::path(HOTGATE_ROLES) / (std::string(GetParam()) + ".yaml"));
  ASSERT_TRUE(role) << role.error().message();
  EXPECT_THAT(rightInSmoke, IsSupersetOf(role->smoke));
  EXPECT_THAT(rightInSmoke, IsSupersetOf(role->reference->smoke));
  EXPECT_THAT(rulesOf("stopped"), Contains("HG603"));
  EXPECT_THAT(rulesOf("suspended"), Contains("HG601"));
  EXPECT_THAT(rulesOf("wrong-data"), Contains("HG605"));
  EXPECT_THAT(rulesOf("slow"), Contains(AnyOf("HG601", "HG608", "HG610")));
  EXPECT_THAT(rulesOf("refusing"), Contains("HG601"));
  // A pair in two guests, of which the one is ended: no client sees it, unless the other is no partner.
  if (GetParam() == std::string("dhcp")) {
    EXPECT_EQ(result.at("ways").size(), 9U);
    EXPECT_TRUE(rulesOf("pair-killed").empty());
    EXPECT_TRUE(rulesOf("pair-off").empty());
    EXPECT_THAT(rulesOf("pair-spare"), Contains("HG605"));
  }
}

INSTANTIATE_TEST_SUITE_P(Of, ReferenceRun,
                         testing::Values("adds", "dhcp", "dns", "fileserver", "print", "radius", "rds", "time", "web"),
                         [](const auto &role) { return std::string(role.param); });

} // namespace
} // namespace hotgate
