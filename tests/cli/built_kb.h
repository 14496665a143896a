// KBs made of real images inside a test: one source compiled twice, a hotpatch image made of the second build, and the
// program's own verdict.
#pragma once

#include "tests/analyzer/diff/built_program.h"

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <sys/wait.h>
#include <vector>

namespace hotgate::cli {

struct Case {
  const char *name;
  std::string pre;
  std::string post;
  std::vector<std::string> redirected; // empty: the KB has no hotpatch image
  std::string verdict;
  std::set<std::string> rules;
  analyzer::test::BuildOptions preOptions = {};
  analyzer::test::BuildOptions postOptions = {};
};

inline int run(const std::string &command) { return WEXITSTATUS(std::system(command.c_str())); }

// A KB folder with the two images, and the hotpatch image when functions are redirected.
inline std::filesystem::path makeKb(const Case &c) {
  namespace fs = std::filesystem;
  const fs::path pre = analyzer::test::buildImage(c.pre, c.preOptions);
  const fs::path post = analyzer::test::buildImage(c.post, c.postOptions);
  const fs::path folder = pre.parent_path() / "kb";
  fs::create_directories(folder / "hotpatch");
  fs::copy(pre.parent_path(), folder / "pre");
  fs::copy(post.parent_path(), folder / "post");
  std::ofstream yaml(folder / "KB.yaml");
  yaml << "kb: KB5000001\ntrack: hotpatch\npre: pre/code.dll\npost: post/code.dll\n";
  if (c.redirected.empty())
    return folder;
  yaml << "hotpatch: hotpatch/\n";
  std::string command = HOTGATE_MAKE_HOTPATCH " --base " + pre.string() + " --base-map " +
                        (pre.parent_path() / "code.map").string() + " --post " + post.string() + " --post-map " +
                        (post.parent_path() / "code.map").string() + " --sequence 1 --out " +
                        (folder / "hotpatch" / "code.dll").string();
  for (const std::string &name : c.redirected)
    command += " --function " + name;
  EXPECT_EQ(run(command), 0) << command;
  fs::copy(post.parent_path() / "code.pdb", folder / "hotpatch" / "code.pdb");
  return folder;
}

inline nlohmann::json check(const std::filesystem::path &kb) {
  const int exitCode = run(HOTGATE_PROGRAM " --quiet check " + (kb / "KB.yaml").string() + " --out " +
                           (kb / "out").string() + " >" + (kb / "text").string());
  EXPECT_LE(exitCode, 3);
  std::ifstream file(kb / "out" / "verdict.json");
  return nlohmann::json::parse(file);
}

inline std::set<std::string> rulesOf(const nlohmann::json &verdict) {
  std::set<std::string> rules;
  for (const auto &finding : verdict["findings"])
    rules.insert(finding["rule"]);
  return rules;
}

} // namespace hotgate::cli
