// check and diff on folders and packages: a row for each image that is not the same, the others counted, and what could
// not be expanded said aloud. The real program on images built from source.
#include "tests/analyzer/diff/built_program.h"
#include "tests/analyzer/package/made_package.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <sys/wait.h>

namespace hotgate::cli {
namespace {

namespace fs = std::filesystem;
using analyzer::test::cabinetOf;
using analyzer::test::componentFolder;
using analyzer::test::Files;
using analyzer::test::filesBelow;
using analyzer::test::readBytes;
using analyzer::test::TestFolder;
using analyzer::test::writeBytes;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

// Two builds of one program, once for all tests.
struct Builds {
  fs::path pre = analyzer::test::buildImage("EXPORT NOINLINE int Fix(int x) { return x + 7; }\n"
                                            "EXPORT NOINLINE int Serve(int x) { return Fix(x) * 3; }\n");
  fs::path post = analyzer::test::buildImage("EXPORT NOINLINE int Fix(int x) { return x + 8; }\n"
                                             "EXPORT NOINLINE int Serve(int x) { return Fix(x) * 3; }\n");
};
const Builds &builds() {
  static const Builds made;
  return made;
}

struct Finished {
  int exitCode;
  std::string output;
  std::string errors;
};

class PackagesTest : public testing::Test {
protected:
  Finished run(const std::string &arguments) const {
    const std::string command = "TMPDIR='" + temporary.path().string() + "' '" HOTGATE_PROGRAM "' " + arguments +
                                " >'" + (folder.path() / "output").string() + "' 2>'" +
                                (folder.path() / "errors").string() + "'";
    const int status = std::system(command.c_str());
    return {WEXITSTATUS(status), readBytes(folder.path() / "output"), readBytes(folder.path() / "errors")};
  }

  Finished check() const {
    return run("check '" + (kb / "KB.yaml").string() + "' --out '" + (folder.path() / "out").string() + "'");
  }
  Finished diff(const std::string &options = "") const {
    return run("diff '" + (kb / pre).string() + "' '" + (kb / post).string() + "' " + options);
  }
  nlohmann::json verdict() const {
    return nlohmann::json::parse(readBytes(folder.path() / "out" / "verdict.json"), nullptr, false);
  }

  void writeKb() const {
    writeBytes(kb / "KB.yaml",
               "kb: KB5099001\ntrack: baseline\npre: " + pre + "\npost: " + post + "\nsymbols: [symbols/]\n");
    for (const fs::path &image : {builds().pre, builds().post}) {
      const auto opened = analyzer::Image::open(image);
      ASSERT_TRUE(opened);
      const auto &pdb = *opened->pdb();
      writeBytes(kb / "symbols" / "code.pdb" / (pdb.guidText() + std::to_string(pdb.age)) / "code.pdb",
                 readBytes(fs::path(image).replace_extension("pdb")));
    }
  }

  // One package in another, with a component that changes and one that does not.
  void makePackages(const Files &more = {}) const {
    const std::string changedBefore = readBytes(builds().pre);
    const std::string changedAfter = readBytes(builds().post);
    Files inPre = {{componentFolder("dhcp-server", "10.0.1.1") + "\\dhcp.dll", changedBefore},
                   {componentFolder("dns-server", "10.0.1.1") + "\\dns.dll", changedBefore}};
    Files inPost = {{componentFolder("dhcp-server", "10.0.1.2") + "\\dhcp.dll", changedAfter},
                    {componentFolder("dns-server", "10.0.1.2") + "\\dns.dll", changedBefore}};
    inPost.insert(more.begin(), more.end());
    writeBytes(kb / pre, cabinetOf({{"kb.cab", cabinetOf(inPre)}}));
    writeBytes(kb / post, cabinetOf({{"kb.cab", cabinetOf(inPost)}}));
    writeKb();
  }

  // Refused: no result, and nothing left where it was expanded.
  void expectRefused(const Finished &finished, const std::string &words) const {
    EXPECT_EQ(finished.exitCode, 5) << finished.errors;
    EXPECT_THAT(finished.errors, HasSubstr(words));
    EXPECT_EQ(finished.output, "");
    EXPECT_THAT(filesBelow(temporary.path()), testing::IsEmpty());
    if (fs::exists(folder.path() / "out"))
      EXPECT_TRUE(fs::is_empty(folder.path() / "out"));
  }

  TestFolder folder;
  TestFolder temporary;
  fs::path kb = folder.path() / "kb";
  std::string pre = "pre.msu";
  std::string post = "post.msu";
};

TEST_F(PackagesTest, CheckHasARowForEachChangedImageOfAPackage) {
  makePackages();
  const Finished finished = check();
  EXPECT_EQ(finished.exitCode, 0) << finished.output << finished.errors;
  EXPECT_THAT(finished.output, HasSubstr("dhcp.dll (dhcp-server amd64, 10.0.1.1 -> 10.0.1.2): 1 functions changed"));
  EXPECT_THAT(finished.output, HasSubstr("1 image is the same bytes in pre and post"));
  EXPECT_THAT(finished.output, Not(HasSubstr("dns.dll")));
  std::vector<std::string> paths;
  const nlohmann::json result = verdict();
  for (const auto &input : result["inputs"])
    paths.push_back(input["path"]);
  EXPECT_THAT(paths,
              testing::IsSupersetOf({std::string("post.msu"),
                                     "post.msu/kb.cab/" + componentFolder("dhcp-server", "10.0.1.2") + "/dhcp.dll"}));
  std::vector<std::string> left;
  for (const auto &entry : fs::directory_iterator(folder.path() / "out"))
    left.push_back(entry.path().filename());
  EXPECT_THAT(left, UnorderedElementsAre("verdict.json", "report.html", "facts.sqlite", "timings.json"));
}

TEST_F(PackagesTest, WhatCannotBeExpandedIsNamedAndLeavesTheVerdictIncomplete) {
  const std::string name = componentFolder("dns-server", "10.0.1.2") + "\\f\\dnsapi.dll";
  makePackages({{name, "\x01\x02\x03\x04PA30...."}});
  const Finished finished = check();
  EXPECT_EQ(finished.exitCode, 3) << finished.output << finished.errors;
  EXPECT_EQ(verdict()["verdict"], "incomplete");
  EXPECT_THAT(verdict()["not_evaluated"].dump(), HasSubstr("/f/dnsapi.dll (PA30 differential)"));
  EXPECT_THAT(diff().output, HasSubstr("/f/dnsapi.dll: PA30 differential"));
}

TEST_F(PackagesTest, APackageOfDifferentialsOnlyIsIncompleteAndNoError) {
  writeBytes(kb / pre, cabinetOf({{"a.dll", "PA30...."}}));
  writeBytes(kb / post, cabinetOf({{"a.dll", "PA31...."}}));
  writeKb();
  EXPECT_EQ(check().exitCode, 3);
  EXPECT_THAT(verdict()["not_evaluated"].dump(), HasSubstr("post.msu/a.dll (PA31 differential)"));
}

TEST_F(PackagesTest, DiffHasARowForEachChangedImage) {
  makePackages({{"new.dll", readBytes(builds().pre)}});
  const Finished text = diff();
  EXPECT_EQ(text.exitCode, 0) << text.errors;
  EXPECT_THAT(text.output, HasSubstr("1 changed, 1 unchanged, 0 only in pre, 1 only in post"));
  EXPECT_THAT(text.output, testing::ContainsRegex("dhcp\\.dll +1 +0 +0"));
  EXPECT_THAT(text.output, HasSubstr("amd64 10.0.1.1 -> 10.0.1.2, dhcp-server"));
  EXPECT_THAT(text.output, HasSubstr("post.msu/kb.cab/new.dll"));
  const auto json = nlohmann::json::parse(diff("--format json").output);
  EXPECT_EQ(json["schema"], "hotgate/diff-set/1");
  EXPECT_EQ(json["summary"], nlohmann::json({{"changed", 1}, {"unchanged", 1}, {"removed", 0}, {"added", 1}}));
  EXPECT_EQ(json["images"][0]["name"], "dhcp.dll");
  EXPECT_EQ(json["images"][0]["functions"]["changed"], 1);
  EXPECT_EQ(diff("--format json").output, diff("--format json").output);
  EXPECT_EQ(diff("--pre-pdb x.pdb").exitCode, 4);
  EXPECT_THAT(filesBelow(temporary.path()), testing::IsEmpty());
}

TEST_F(PackagesTest, TwoImagesOfOneNameAreToldApart) {
  const auto both = [](const std::string &version, const fs::path &image) {
    return cabinetOf({{componentFolder("dhcp-server", version) + "\\dhcp.dll", readBytes(image)},
                      {componentFolder("dhcp-server", version, "wow64") + "\\dhcp.dll", readBytes(image)}});
  };
  writeBytes(kb / pre, both("10.0.1.1", builds().pre));
  writeBytes(kb / post, both("10.0.1.2", builds().post));
  const auto json = nlohmann::json::parse(diff("--format json").output);
  ASSERT_EQ(json["images"].size(), 2U);
  EXPECT_EQ(json["images"][0]["name"], "dhcp-server/amd64/neutral/dhcp.dll");
  EXPECT_EQ(json["images"][1]["name"], "dhcp-server/wow64/neutral/dhcp.dll");
  writeKb();
  EXPECT_EQ(check().exitCode, 0);
}

// Pre is a folder as a build leaves it, post a package.
TEST_F(PackagesTest, AFolderAndAPackagePairByNameAndMachine) {
  makePackages();
  pre = "pre/";
  writeBytes(kb / "pre" / "bin" / "DHCP.dll", readBytes(builds().pre));
  writeBytes(kb / "pre" / "bin" / "dns.dll", readBytes(builds().pre));
  EXPECT_THAT(diff().output, HasSubstr("1 changed, 1 unchanged, 0 only in pre, 0 only in post"));
}

// What the hotpatch component is called says nothing about what is in it. (That it has no table is another matter.)
TEST_F(PackagesTest, AHotpatchImageIsFoundByNameInItsOwnComponent) {
  makePackages();
  const std::string hotpatch = cabinetOf(
      {{componentFolder("microsoft-windows-hotpatches", "10.0.1.2") + "\\dhcp.dll", readBytes(builds().post)},
       {componentFolder("microsoft-windows-hotpatches", "10.0.1.2") + "\\other.dll", readBytes(builds().post)}});
  writeBytes(kb / "hotpatch.cab", hotpatch);
  writeBytes(kb / "KB.yaml", readBytes(kb / "KB.yaml") + "hotpatch: hotpatch.cab\n");
  EXPECT_EQ(check().exitCode, 3);
  const std::string notEvaluated = verdict()["not_evaluated"].dump();
  EXPECT_THAT(notEvaluated, HasSubstr("the image in the hotpatch folder has no hotpatch table"));
  EXPECT_THAT(notEvaluated, HasSubstr("other.dll: it patches an image that pre or post lacks"));
}

// One image that cannot be read is said, and does not hide the others.
TEST_F(PackagesTest, DiffGoesOnBehindAnImageThatCannotBeRead) {
  makePackages();
  pre = "pre/";
  post = "post/";
  for (const char *side : {"pre", "post"}) {
    const std::string bytes = readBytes(side == pre.substr(0, pre.size() - 1) ? builds().pre : builds().post);
    writeBytes(kb / side / "good.dll", bytes);
    writeBytes(kb / side / "cut.dll", bytes.substr(0, 200 + std::string(side).size()));
    writeBytes(kb / side / "arm.dll", analyzer::test::imageBytes(0x1c4, side));
  }
  const Finished finished = diff();
  EXPECT_EQ(finished.exitCode, 3) << finished.errors;
  EXPECT_THAT(finished.output, testing::ContainsRegex("good\\.dll +1 +0 +0"));
  EXPECT_THAT(finished.output, HasSubstr("cut.dll: "));
  EXPECT_THAT(finished.output, HasSubstr("is for machine 0x1c4, which is none of x64, ARM64 and x86"));
}

// What was expanded lies under a name that nobody has seen before and nobody will again.
TEST_F(PackagesTest, AnImageInAPackageIsNamedByTheWayToIt) {
  const std::string cut = readBytes(builds().pre).substr(0, 200);
  writeBytes(kb / pre, cabinetOf({{"a.dll", readBytes(builds().pre)}}));
  writeBytes(kb / post, cabinetOf({{"a.dll", cut}}));
  writeKb();
  const Finished compared = diff();
  EXPECT_EQ(compared.exitCode, 3);
  EXPECT_THAT(compared.output, HasSubstr("a.dll: post.msu/a.dll: "));
  EXPECT_THAT(compared.output, Not(HasSubstr(".hotgate-")));
  const Finished checked = check();
  expectRefused(checked, "error: post.msu/a.dll: ");
  EXPECT_THAT(checked.errors, Not(HasSubstr(".hotgate-")));
}

TEST_F(PackagesTest, ACabinetThatLeadsOutOfItsFolderIsRefused) {
  makePackages({{"..\\..\\..\\evil.dll", "evil"}});
  expectRefused(check(), "leads out of the package");
  expectRefused(diff(), "post.msu/kb.cab");
  for (const auto &entry : fs::recursive_directory_iterator(folder.path()))
    EXPECT_NE(entry.path().filename(), "evil.dll");
}

TEST_F(PackagesTest, ATruncatedPackageIsRefusedWithAnOffset) {
  makePackages();
  const std::string whole = readBytes(kb / post);
  writeBytes(kb / post, whole.substr(0, whole.size() - 100));
  expectRefused(check(), "offset 0x");
}

TEST_F(PackagesTest, APairOfFoldersWithFiveHundredImages) {
  pre = "pre/";
  post = "post/";
  for (int i = 0; i < 500; ++i) {
    const std::string name = "service" + std::to_string(i) + ".dll";
    writeBytes(kb / "pre" / name, readBytes(builds().pre));
    writeBytes(kb / "post" / name, readBytes(i % 50 == 7 ? builds().post : builds().pre));
  }
  writeKb();
  const auto used = [] {
    rusage usage{};
    ::getrusage(RUSAGE_CHILDREN, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec;
  };
  const auto before = used();
  const Finished checked = check();
  EXPECT_EQ(checked.exitCode, 0) << checked.errors;
  EXPECT_THAT(checked.output, HasSubstr("490 images are the same bytes in pre and post"));
  EXPECT_THAT(checked.output, HasSubstr("service107.dll: 1 functions changed"));
  EXPECT_THAT(checked.errors, HasSubstr("(10 of 10)"));
  EXPECT_THAT(diff().output, HasSubstr("10 changed, 490 unchanged"));
  EXPECT_LT(used() - before, 10) << "seconds of processor time";
}

TEST_F(PackagesTest, AKbWithoutAnyChangeIsNoGap) {
  pre = "pre/";
  post = "post/";
  writeBytes(kb / "pre" / "a.dll", readBytes(builds().pre));
  writeBytes(kb / "post" / "a.dll", readBytes(builds().pre));
  writeKb();
  const Finished finished = check();
  EXPECT_EQ(finished.exitCode, 0) << finished.output << finished.errors;
  writeBytes(kb / "post" / "b.dll", readBytes(builds().pre)); // not compared with anything
  EXPECT_EQ(check().exitCode, 3);
}

} // namespace
} // namespace hotgate::cli
