// The rules of the lab on processes that really do what each rule is about: KBs of corpus/lab, under this host's wine,
// through the program's own command. What they contain: corpus/incidents/dhcp/README.md.
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::Not;

std::string read(const fs::path &path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class LabRules : public testing::Test {
protected:
  ~LabRules() override {
    std::error_code error;
    fs::remove_all(folder_, error);
  }

  // The rules that found something in a lab run of corpus/CASE; `requests` in each of its soaks, 0: as it is.
  std::set<std::string> found(const std::string &kb, int requests = 0) {
    fs::copy(fs::path(HOTGATE_CORPUS) / kb, folder_ / "kb", fs::copy_options::recursive);
    if (requests != 0)
      setRequests(requests);
    const std::string command = fmt::format(
        HOTGATE_PROGRAM " lab run {0}/kb/KB.yaml --provider wine-host --out {0}/out >{0}/report.txt", folder_.string());
    const int status = std::system(command.c_str());
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_LE(WEXITSTATUS(status), 3) << "no verdict";
    const auto verdict = nlohmann::json::parse(read(folder_ / "out" / "verdict.json"), nullptr, false);
    std::set<std::string> rules;
    for (const auto &finding : verdict.value("findings", nlohmann::json::array()))
      rules.insert(finding.value("rule", ""));
    EXPECT_THAT(rules, Not(Contains("HG903"))) << read(folder_ / "report.txt");
    return rules;
  }

private:
  void setRequests(int requests) {
    const fs::path lab = folder_ / "kb" / "lab.yaml";
    std::string text = read(lab);
    const size_t at = text.find("requests: 600");
    ASSERT_NE(at, std::string::npos);
    text.replace(at, 13, fmt::format("requests: {}", requests));
    std::ofstream(lab) << text;
  }

  fs::path folder_ = [] {
    std::string pattern = testing::TempDir() + "hotgate-lab-rules-XXXXXX";
    return fs::path(mkdtemp(pattern.data()));
  }();
};

TEST_F(LabRules, LeakOf2KilobytesIsFoundWithin300Requests) {
  EXPECT_THAT(found("dhcp/audit-leak", 300), Contains("HG602"));
}

TEST_F(LabRules, LeakOf256BytesIsFoundWithin2000Requests) {
  EXPECT_THAT(found("lab/small-leak", 2000), Contains("HG602"));
}

TEST_F(LabRules, HandlesThatAreNotClosed) {
  const auto rules = found("lab/handle-leak", 200);
  EXPECT_THAT(rules, Contains("HG609"));
  EXPECT_THAT(rules, Not(Contains("HG602")));
}

TEST_F(LabRules, AnswersThatTakeLonger) { EXPECT_THAT(found("lab/slow-audit", 200), Contains("HG610")); }

TEST_F(LabRules, UpdateThatLacksTheFix) { EXPECT_THAT(found("lab/unfixed-update", 100), Contains("HG611")); }

TEST_F(LabRules, ThreadInsideARedirectedFunction) { EXPECT_THAT(found("lab/expiry-thread", 100), Contains("HG612")); }

} // namespace
