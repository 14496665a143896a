// Programs built from source inside a test: the same C++ compiled twice with a small difference, so that a test says
// in its own words what changed, and asserts properties of the comparison instead of golden output.
//
// clang-19 and lld-19 must be there: a test without them fails.
#pragma once

#include "analyzer/diff/image_diff.h"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace hotgate::analyzer::test {

// Some of everything that has an owner: variables, constants, texts, a switch, calls, a pointer to a function.
extern const char *const someOfEverything;

struct BuildOptions {
  std::vector<std::string> compile;                             // added at the end: "-O0"
  std::vector<std::string> link = {};                           // added at the end: "/opt:icf"
  std::map<std::string, std::vector<std::string>> imports = {}; // by DLL; a library is made for each
  bool padding = true;                                          // room in front of every function
  std::string machine = "x64";                                  // or arm64, x86
};

// Compiles and links a freestanding DLL that exports what it marks with EXPORT, with a load configuration, code.pdb and
// code.map beside it. Every call uses a folder of its own, which goes when the test program ends.
std::filesystem::path buildImage(const std::string &source, const BuildOptions &options = {});

// For what that cannot build: source files by name, commands to run beside them, and the file that they make.
std::filesystem::path buildWith(const std::map<std::string, std::string> &files,
                                const std::vector<std::string> &commands, const std::string &result);

// The file's bytes; a damaged copy of them, beside the image that they are from.
std::vector<char> readFile(const std::filesystem::path &file);
std::filesystem::path writeMutant(const std::filesystem::path &image, const std::vector<char> &bytes);

// Opens an image with the PDB beside it.
Program openProgram(const std::filesystem::path &image, bool withSymbols = true);

// Two programs and their comparison. Neither moves: the diff refers to both by index only.
struct Comparison {
  Comparison(const std::filesystem::path &preImage, const std::filesystem::path &postImage, bool withSymbols = true);

  Program pre;
  Program post;
  ImageDiff diff;

  [[nodiscard]] std::set<std::string> names(ChangeStatus status) const;
  [[nodiscard]] std::set<std::string> changed() const { return names(ChangeStatus::changed); }
  [[nodiscard]] const FunctionDifference &function(const std::string &name) const;
  [[nodiscard]] uint64_t bytes(Cause cause) const; // of both sides
};

// Both sources start with the same prelude: `EXPORT`, `NOINLINE`.
Comparison compareSources(const std::string &pre, const std::string &post, const BuildOptions &options = {});

} // namespace hotgate::analyzer::test
