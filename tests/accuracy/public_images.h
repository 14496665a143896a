// The images that others built, as fetch_public laid them out.
#pragma once

#include "support/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace hotgate::accuracy {

// One image in all the versions that its recipe names, oldest first.
struct PublicImage {
  std::string title; // "better-sqlite3 win32-arm64.node"
  std::vector<std::filesystem::path> versions;
};

// Of all recipes. Errors: input, for an image that is not there.
Result<std::vector<PublicImage>> publicImages();

} // namespace hotgate::accuracy
