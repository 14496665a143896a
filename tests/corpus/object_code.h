// What the compiler wrote for each function, read from the object files: independent of images, PDBs and of the
// analyzer, so it is the ground truth for "which functions changed".
#pragma once

#include "support/result.h"

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace hotgate::corpus_test {

struct ObjectFunction {
  std::vector<std::string> lines = {};   // instructions and relocations, without addresses
  std::set<std::string> references = {}; // symbols that its relocations name
};

// By decorated name, over every object in the folder.
using ObjectCode = std::map<std::string, ObjectFunction>;
Result<ObjectCode> readObjectCode(const std::filesystem::path &folder);

// "?ParseOptions@@YA_N..." is "ParseOptions"; a C name stays.
std::string plainName(const std::string &decorated);

// Plain names of the functions that are in both and differ, and of those in one only.
struct CodeDifference {
  std::set<std::string> changed = {};
  std::set<std::string> onlyInOne = {};
};
CodeDifference compare(const ObjectCode &base, const ObjectCode &post);

// What the named functions reach through their references: functions and data, by decorated name.
std::set<std::string> reachable(const ObjectCode &code, const std::set<std::string> &plainNames);

} // namespace hotgate::corpus_test
