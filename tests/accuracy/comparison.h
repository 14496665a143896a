// Two images, opened and compared, and what every comparison must satisfy whatever the images are.
#pragma once

#include "analyzer/diff/image_diff.h"
#include "support/result.h"

#include <filesystem>
#include <memory>
#include <string>

namespace hotgate::accuracy {

// An image with or without the PDB beside it.
Result<analyzer::Program> openProgram(const std::filesystem::path &image, bool withSymbols);

struct Comparison {
  static Result<Comparison> make(const std::filesystem::path &pre, const std::filesystem::path &post, bool withSymbols);

  // Functions, globals, types and tables that differ, one a line with its reason; "" when there is none.
  [[nodiscard]] std::string differences(size_t limit = 40) const;
  // What the ledger lacks: a byte without a cause, or a sum that is not the file's size; "" when it is complete.
  [[nodiscard]] std::string ledgerGaps() const;

  analyzer::Program pre;
  analyzer::Program post;
  analyzer::ImageDiff diff;
};

} // namespace hotgate::accuracy
