// LAB.yaml: the KBs whose dynamic half `hotgate lab run` is to run, as jobs (docs/lab-jobs.md).
#pragma once

#include "harness/lab/lab_config.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hotgate::harness {

struct LabFileEntry {
  std::string name;                 // of its jobs; else that of the KB's folder
  std::filesystem::path kb;         // KB.yaml
  std::vector<std::string> roles;   // empty: those that the KB names
  std::optional<Provider> provider; // else the KB's lab.yaml's
  int repetitions = 1;
};

struct LabFile {
  std::vector<LabFileEntry> entries;
  std::chrono::seconds timeLimit{1800}; // of one attempt
};

// A LAB.yaml has the key 'jobs', a KB.yaml never.
Result<bool> isLabFile(const std::filesystem::path &path);

// Errors: as of readLabConfig().
Result<LabFile> readLabFile(const std::filesystem::path &path);

} // namespace hotgate::harness
