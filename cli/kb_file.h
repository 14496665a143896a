// KB.yaml: what a KB consists of and what its developer declares. The format is in docs/kb-yaml.md.
#pragma once

#include "support/result.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hotgate::cli {

struct KbFile {
  std::filesystem::path folder; // of KB.yaml; every path below is relative to it as written, and joined with it here
  std::string fileName;         // "KB.yaml"
  std::string kb;
  std::string track;                // hotpatch, baseline, out-of-band
  std::string baseline;             // "" when not given
  std::vector<std::string> offered; // to whose machines: hotpatch, standard
  std::filesystem::path pre;
  std::filesystem::path post;
  std::optional<std::filesystem::path> hotpatch;
  std::optional<std::filesystem::path> previous; // hotpatch images of the KB before, on the same baseline
  std::vector<std::filesystem::path> symbols;    // folders with PDBs, besides the images' own
  std::vector<std::string> declared;
  std::vector<std::string> roles;
  std::optional<std::filesystem::path> lab;

  // For results: a path below the KB's folder without the machine's own part.
  [[nodiscard]] std::string display(const std::filesystem::path &path) const;
};

// Errors: input, when the file or a folder that it names is missing; usage, for an unknown key or a wrong value, with
// the line.
Result<KbFile> readKbFile(const std::filesystem::path &path);

} // namespace hotgate::cli
