// The pairs that corpus/public/build makes from source, and what a test does with every one of them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace hotgate::accuracy {

struct BuiltPair {
  std::string name;    // "expat"
  std::string variant; // "x64-hotpatch"

  [[nodiscard]] std::filesystem::path folder(const char *tree) const; // "pre", "post", "shifted"
  [[nodiscard]] std::filesystem::path image(const char *tree) const;
  [[nodiscard]] std::string machine() const { return variant.substr(0, variant.find('-')); }
  [[nodiscard]] std::string title() const { return name + " " + variant; }
};

// All of them. None, when they are not built: then accuracy.build has failed, and so does every test that asks.
std::vector<BuiltPair> builtPairs();

} // namespace hotgate::accuracy
