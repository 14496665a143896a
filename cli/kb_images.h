// The images of a KB: pre, post and hotpatch paired, and what was found about packages written into the facts.
#pragma once

#include "analyzer/facts/database.h"
#include "cli/image_set.h"
#include "cli/kb_file.h"
#include "support/result.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hotgate::cli {

struct ModuleFile {
  std::filesystem::path path; // where it can be read
  std::string display;        // relative to KB.yaml, with the packages that it came in
};

// A module to analyze, with its file on each side.
struct Module {
  std::string name; // as ImagePair::module
  ModuleFile pre;
  ModuleFile post;
  std::optional<ModuleFile> hotpatch;
  std::optional<ModuleFile> previous; // its hotpatch image in the KB before
  std::string preSha256, postSha256;
};

// Modules whose pre and post image differ, or that the KB patches all the same. Every image gets its row in the facts:
// those that have no partner, and files that could not be expanded, become "not evaluated"; images that are the same
// bytes on both sides are known not to have changed, and are looked at no further.
// Packages are expanded into `scratch`, which has to stay while the modules are used.
// Errors: input, when pre and post have nothing in common and nothing explains why.
Result<std::vector<Module>> readKbImages(const KbFile &kb, const std::filesystem::path &scratch,
                                         facts::Database &facts);

} // namespace hotgate::cli
