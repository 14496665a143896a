// The command line's contract: exit codes, clear errors for bad input, and nothing half-written.
//
// Every test runs the real program on a copy of the corpus KB `good`, damaged in one way.
#include <cstring>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <sys/wait.h>

namespace hotgate::cli {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

std::string read(const fs::path &path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

void write(const fs::path &path, const std::string &text) { std::ofstream(path, std::ios::binary) << text; }

struct Finished {
  int exitCode;
  std::string output;
  std::string errors;
};

class CommandLineTest : public testing::Test {
protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "/hotgate-cli-XXXXXX";
    folder = ::mkdtemp(name.data());
    kb = folder / "kb";
    out = folder / "out";
    fs::copy(fs::path(HOTGATE_CORPUS) / "dhcp" / "good", kb, fs::copy_options::recursive);
  }
  void TearDown() override { fs::remove_all(folder); }

  Finished run(const std::string &arguments, const std::string &environment = "") const {
    const std::string command = environment + " '" HOTGATE_PROGRAM "' " + arguments + " >'" +
                                (folder / "output").string() + "' 2>'" + (folder / "errors").string() + "'";
    const int status = std::system(command.c_str());
    return {WEXITSTATUS(status), read(folder / "output"), read(folder / "errors")};
  }
  Finished check() const { return run("check " + quoted(kb / "KB.yaml") + " --out " + quoted(out)); }
  static std::string quoted(const fs::path &path) { return "'" + path.string() + "'"; }

  void expectRefused(const Finished &finished, int exitCode, const std::vector<std::string> &words) const {
    EXPECT_EQ(finished.exitCode, exitCode) << finished.errors;
    for (const std::string &word : words)
      EXPECT_THAT(finished.errors, HasSubstr(word));
    EXPECT_EQ(finished.output, "");
    EXPECT_TRUE(!fs::exists(out) || fs::is_empty(out)) << "something half-written is left";
  }

  void replaceInKb(const std::string &what, const std::string &with) const {
    std::string text = read(kb / "KB.yaml");
    const size_t at = text.find(what);
    ASSERT_NE(at, std::string::npos);
    write(kb / "KB.yaml", text.replace(at, what.size(), with));
  }

  fs::path folder;
  fs::path kb;
  fs::path out;
};

TEST_F(CommandLineTest, CheckApprovesTheGoodKbAndLeavesAWholeResult) {
  const Finished finished = check();
  EXPECT_EQ(finished.exitCode, 0) << finished.errors;
  EXPECT_THAT(finished.output, HasSubstr("APPROVE"));
  const auto verdict = nlohmann::json::parse(read(out / "verdict.json"));
  EXPECT_EQ(verdict["schema"], "hotgate/verdict/1");
  EXPECT_EQ(verdict["verdict"], "approve");
  EXPECT_TRUE(verdict["findings"].empty());
  for (const char *name : {"report.html", "facts.sqlite", "timings.json"})
    EXPECT_TRUE(fs::exists(out / name)) << name;
}

TEST_F(CommandLineTest, TheSameInputGivesTheSameBytes) {
  ASSERT_EQ(check().exitCode, 0);
  const std::string verdict = read(out / "verdict.json");
  const std::string html = read(out / "report.html");
  ASSERT_EQ(run("--jobs 1 check " + quoted(kb / "KB.yaml") + " --out " + quoted(out)).exitCode, 0);
  EXPECT_EQ(read(out / "verdict.json"), verdict);
  EXPECT_EQ(read(out / "report.html"), html);
}

TEST_F(CommandLineTest, ASpentBudgetMakesTheVerdictIncomplete) {
  const Finished finished = run("check --budget 0.001 " + quoted(kb / "KB.yaml") + " --out " + quoted(out));
  EXPECT_EQ(finished.exitCode, 3) << finished.errors;
  const auto verdict = nlohmann::json::parse(read(out / "verdict.json"));
  EXPECT_EQ(verdict["verdict"], "incomplete");
  EXPECT_THAT(verdict["not_evaluated"].dump(), HasSubstr("the time budget of 0.001 s is spent"));
  EXPECT_THAT(verdict["findings"].dump(), Not(HasSubstr("HG108"))) << "no claim about what nobody looked at";
}

TEST_F(CommandLineTest, ADiffWithASpentBudgetShowsWhatWasDone) {
  const std::string images = quoted(kb / "pre" / "dhcpsrv.exe") + " " + quoted(kb / "post" / "dhcpsrv.exe");
  const Finished text = run("diff --budget 0.001 " + images);
  EXPECT_EQ(text.exitCode, 3) << text.errors;
  EXPECT_THAT(text.output, HasSubstr("were not compared"));
  EXPECT_THAT(text.output, HasSubstr("--budget"));
  const Finished json = run("diff --memory-budget 1 --format json " + images);
  EXPECT_EQ(json.exitCode, 3) << json.errors;
  const auto diff = nlohmann::json::parse(json.output);
  EXPECT_THAT(diff["incomplete"].dump(), HasSubstr("the memory budget of 1 MiB is spent"));
  EXPECT_GT(diff["summary"]["not_compared"], 0);
  EXPECT_EQ(run("diff --budget 0 " + images).exitCode, 4);
}

TEST_F(CommandLineTest, AHotpatchIsJudgedByTheOneBeforeIt) {
  // lease-layout's image redirects more functions than good's, for the same base and with the same sequence number.
  fs::copy(fs::path(HOTGATE_CORPUS) / "dhcp" / "lease-layout" / "hotpatch", kb / "previous");
  replaceInKb("hotpatch: hotpatch/", "hotpatch: hotpatch/\nprevious: previous/");
  const Finished finished = check();
  EXPECT_EQ(finished.exitCode, 2) << finished.errors;
  EXPECT_THAT(finished.output, AllOf(HasSubstr("HG503"), HasSubstr("has sequence number 1, and the one before it"),
                                     HasSubstr("HG505  dhcpsrv.exe!RenewLease")));
  EXPECT_THAT(finished.output, Not(HasSubstr("HG504")));
}

TEST_F(CommandLineTest, AHotpatchForAnotherBaseThanTheOneBeforeItIsBlocked) {
  fs::create_directory(kb / "previous");
  fs::copy(fs::path(HOTGATE_CORPUS) / "dhcp" / "wrong-base" / "hotpatch" / "dhcpsrv.exe",
           kb / "previous" / "DHCPSRV.EXE");
  replaceInKb("hotpatch: hotpatch/", "hotpatch: hotpatch/\nprevious: previous/");
  const Finished finished = check();
  EXPECT_EQ(finished.exitCode, 2) << finished.errors;
  EXPECT_THAT(finished.output, HasSubstr("HG504"));
}

TEST_F(CommandLineTest, APreviousImageWithoutHotpatchTableIsRefused) {
  fs::copy(kb / "pre", kb / "previous");
  replaceInKb("hotpatch: hotpatch/", "hotpatch: hotpatch/\nprevious: previous/");
  expectRefused(check(), 5, {"previous/dhcpsrv.exe", "has no hotpatch table", "Next:"});
}

TEST_F(CommandLineTest, WhomAKbIsOfferedToIsChecked) {
  replaceInKb("track: hotpatch", "track: out-of-band\noffered: [everyone]");
  expectRefused(check(), 4, {"KB.yaml", "'everyone' is not hotpatch or standard"});
}

TEST_F(CommandLineTest, ATruncatedImageIsRefusedByName) {
  fs::resize_file(kb / "post" / "dhcpsrv.exe", 700);
  expectRefused(check(), 5, {"post/dhcpsrv.exe", "Next:"});
}

TEST_F(CommandLineTest, AFileThatIsNoImageIsRefusedByName) {
  write(kb / "pre" / "dhcpsrv.exe", "#!/bin/sh\necho not an image\n");
  expectRefused(check(), 5, {"pre/dhcpsrv.exe", "Next:"});
}

TEST_F(CommandLineTest, APdbOfAnotherBuildIsRefusedWithBothIdentities) {
  fs::copy_file(fs::path(HOTGATE_CORPUS) / "dhcp" / "audit-leak" / "post" / "dhcpsrv.pdb", kb / "post" / "dhcpsrv.pdb",
                fs::copy_options::overwrite_existing);
  expectRefused(check(), 5, {"post/dhcpsrv.pdb", "GUID", "age"});
}

TEST_F(CommandLineTest, AMissingFolderIsRefusedByKeyAndPath) {
  fs::remove_all(kb / "post");
  expectRefused(check(), 5, {"KB.yaml", "'post'", "does not exist"});
}

TEST_F(CommandLineTest, AnUnknownKeyIsBadUsageWithItsLine) {
  write(kb / "KB.yaml", read(kb / "KB.yaml") + "hotptach: hotpatch/\n");
  expectRefused(check(), 4, {"KB.yaml", "hotptach", "line 9"});
}

TEST_F(CommandLineTest, AnUnknownTrackIsBadUsage) {
  replaceInKb("track: hotpatch", "track: hotfix");
  expectRefused(check(), 4, {"KB.yaml", "hotfix"});
}

TEST_F(CommandLineTest, WithoutQemuTheGateSaysSoBeforeItWorks) {
  const Finished finished = run("gate " + quoted(kb / "KB.yaml") + " --out " + quoted(out), "PATH=" + quoted(folder));
  expectRefused(finished, 5, {"qemu-system-x86_64", "Next:"});
}

// The KB's lab.yaml says which machine; without it there is none to reach.
TEST_F(CommandLineTest, AMachineIsChosenByItsProviderAndMustBeDescribed) {
  for (const std::string command : {"gate ", "lab run "}) {
    const std::string line = command + quoted(kb / "KB.yaml") + " --out " + quoted(out) + " --provider ";
    expectRefused(run(line + "ssh"), 4, {"lab.yaml", "ssh is missing: provider ssh needs to know the machine"});
    expectRefused(run(line + "libvirt"), 4, {"lab.yaml", "libvirt is missing"});
    EXPECT_EQ(run(line + "vmware").exitCode, 4);
  }
  write(kb / "lab.yaml", read(kb / "lab.yaml") + "ssh: { host: 192.0.2.10, user: gate, identity: no-such-key, "
                                                 "known_hosts: known, interface: lab0 }\n");
  expectRefused(run("gate " + quoted(kb / "KB.yaml") + " --out " + quoted(out) + " --provider ssh"), 5,
                {"no-such-key", "ssh.identity"});
}

// What the loader would refuse is a finding with its status, and the only one: it is what is wrong with the KB.
TEST_F(CommandLineTest, AMalformedHotpatchTableIsBlockedWithTheLoadersStatus) {
  std::string image = read(kb / "hotpatch" / "dhcpsrv.exe");
  // The version field of INFO, found by what make_hotpatch writes: version 4, then sequence number 1 behind the size.
  const size_t section = image.find(".hotp");
  ASSERT_NE(section, std::string::npos);
  uint32_t fileOffset = 0;
  std::memcpy(&fileOffset, image.data() + section + 20, sizeof fileOffset);
  image[fileOffset] = 9;
  write(kb / "hotpatch" / "dhcpsrv.exe", image);
  const Finished finished = check();
  EXPECT_EQ(finished.exitCode, 2);
  EXPECT_THAT(finished.output, HasSubstr("Findings: 1 block;"));
  EXPECT_THAT(finished.output, HasSubstr("HG411"));
  EXPECT_THAT(finished.output, HasSubstr("hotpatch/dhcpsrv.exe with 0xC000007B: INFO.Version 9"));
}

TEST_F(CommandLineTest, AStaleVerdictDoesNotSurviveARunThatFails) {
  ASSERT_EQ(check().exitCode, 0);
  fs::resize_file(kb / "post" / "dhcpsrv.exe", 700);
  EXPECT_EQ(check().exitCode, 5);
  EXPECT_FALSE(fs::exists(out / "verdict.json"));
}

TEST_F(CommandLineTest, UnknownCommandsAndOptionsAreBadUsage) {
  EXPECT_EQ(run("approve").exitCode, 4);
  EXPECT_EQ(run("check --fast").exitCode, 4);
  EXPECT_EQ(run("").exitCode, 4);
  EXPECT_EQ(run("rules show HG999").exitCode, 4);
  EXPECT_EQ(run("--help").exitCode, 0);
}

TEST_F(CommandLineTest, ReportShowsAnEarlierResultInEveryFormat) {
  ASSERT_EQ(check().exitCode, 0);
  EXPECT_THAT(run("report " + quoted(out)).output, HasSubstr("APPROVE"));
  EXPECT_EQ(run("report " + quoted(out) + " --format html").output, read(out / "report.html"));
  EXPECT_EQ(run("report " + quoted(out) + " --format json").output, read(out / "verdict.json"));
  EXPECT_EQ(nlohmann::json::parse(run("report " + quoted(out) + " --format sarif").output)["version"], "2.1.0");
  EXPECT_THAT(run("report " + quoted(out) + " --format junit").output, HasSubstr("<testsuite"));
  EXPECT_EQ(run("report " + quoted(folder)).exitCode, 5);
}

TEST_F(CommandLineTest, DiffNamesWhatChanged) {
  const std::string images = quoted(kb / "pre" / "dhcpsrv.exe") + " " + quoted(kb / "post" / "dhcpsrv.exe");
  EXPECT_THAT(run("diff " + images).output, AllOf(HasSubstr("ParseOptions"), HasSubstr("AppendRelayInformation")));
  const auto json = nlohmann::json::parse(run("diff " + images + " --format json").output);
  EXPECT_EQ(json["schema"], "hotgate/diff/1");
  EXPECT_EQ(json["summary"]["changed"], 2);
  EXPECT_EQ(json["ledger"]["unattributed"], 0);
  EXPECT_EQ(json["ledger"]["bytes_total"]["pre"], fs::file_size(kb / "pre" / "dhcpsrv.exe"));
}

} // namespace
} // namespace hotgate::cli
