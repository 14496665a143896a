// A layout that only the code shows: from two built images to the finding HG205 and to both outputs of `hotgate diff`.
#include "tests/analyzer/diff/built_program.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

namespace hotgate::cli {
namespace {

namespace fs = std::filesystem;
using analyzer::test::buildImage;
using testing::HasSubstr;

std::string leases(const char *relay, const char *step) {
  return std::string("struct Lease { long long address, uses; ") + relay +
         R"( long long expires, grace, renewals; };
Lease g_lease;
NOINLINE void Touch(volatile long long *p) { ++*p; }
EXPORT NOINLINE void RenewLease(Lease *l) { Touch(&l->uses); l->expires += )" +
         step + R"(; ++l->renewals; }
EXPORT NOINLINE long long LeaseEnd(Lease *l) { Touch(&l->uses); return l->expires + l->grace; }
EXPORT NOINLINE long long Remaining(Lease *l, long long now) { return l->renewals ? l->expires - now : l->grace; }
EXPORT NOINLINE Lease *Default() { return &g_lease; }
)";
}

std::string textOf(const fs::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class InferredLayoutRule : public testing::Test {
protected:
  void make(const std::string &pre, const std::string &post, bool withPdbs) {
    pre_ = buildImage(pre);
    post_ = buildImage(post);
    for (const fs::path &image : {pre_, post_})
      if (!withPdbs)
        fs::remove(image.parent_path() / "code.pdb");
    kb_ = pre_.parent_path() / "kb";
    fs::create_directories(kb_);
    fs::copy(pre_.parent_path(), kb_ / "pre");
    fs::copy(post_.parent_path(), kb_ / "post");
    std::ofstream(kb_ / "KB.yaml") << "kb: KB5000001\ntrack: hotpatch\npre: pre/code.dll\npost: post/code.dll\n";
  }

  std::string run(const std::string &arguments) const {
    const fs::path out = kb_ / "text";
    const std::string command = HOTGATE_PROGRAM " --quiet " + arguments + " >" + out.string();
    EXPECT_LE(WEXITSTATUS(std::system(command.c_str())), 3) << command;
    return textOf(out);
  }

  // The findings of these two rules; that the KB has no hotpatch image is another's.
  nlohmann::json findings() const {
    run("check " + (kb_ / "KB.yaml").string() + " --out " + (kb_ / "out").string());
    nlohmann::json found = nlohmann::json::array();
    const auto verdict = nlohmann::json::parse(textOf(kb_ / "out" / "verdict.json"));
    for (const auto &finding : verdict["findings"])
      if (finding["rule"] == "HG201" || finding["rule"] == "HG205")
        found.push_back(finding);
    return found;
  }

  fs::path pre_, post_, kb_;
};

TEST_F(InferredLayoutRule, WithoutSymbolsTheCodeTellsAndEveryOutputSaysSo) {
  make(leases("", "60"), leases("long long relay;", "60"), false);
  const nlohmann::json found = findings();
  ASSERT_EQ(found.size(), 1U) << found.dump(2);
  EXPECT_EQ(found[0]["rule"], "HG205");
  EXPECT_EQ(found[0]["severity"], "review");
  EXPECT_EQ(found[0]["subject"], "code.dll!RenewLease +0x10");
  EXPECT_THAT(found[0]["message"], HasSubstr("3 functions access members from +0x10 on at 8 bytes more"));
  EXPECT_EQ(found[0]["evidence"]["places"][0]["pre"], 0x10);
  EXPECT_EQ(found[0]["evidence"]["places"][0]["post"], 0x18);

  const std::string images = "diff " + pre_.string() + " " + post_.string();
  EXPECT_THAT(run(images), HasSubstr("Layouts that the code shows, without types\n\n  3 functions access members"));
  const auto diff = nlohmann::json::parse(run(images + " --format json"));
  const auto &layouts = diff["inferred_layouts"];
  ASSERT_EQ(layouts.size(), 1U);
  EXPECT_EQ(layouts[0]["kind"], "inserted");
  EXPECT_EQ(layouts[0]["start"], 0x10);
  EXPECT_EQ(layouts[0]["delta"], 8);
  EXPECT_EQ(layouts[0]["functions"].size(), 3U);
  EXPECT_EQ(layouts[0]["sites"].size(), layouts[0]["site_count"]);
}

TEST_F(InferredLayoutRule, WithPrivateSymbolsTheTypesTell) {
  make(leases("", "60"), leases("long long relay;", "60"), true);
  const nlohmann::json found = findings();
  ASSERT_EQ(found.size(), 1U) << found.dump(2);
  EXPECT_EQ(found[0]["rule"], "HG201");
}

TEST_F(InferredLayoutRule, ACodeEditIsNoLayout) {
  make(leases("", "60"), leases("", "90"), false);
  EXPECT_EQ(findings().size(), 0U);
}

} // namespace
} // namespace hotgate::cli
