// From a base build and a post build with their map files to a hotpatch image: what goes into the metadata.
#pragma once

#include "support/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace hotgate::corpus {

struct HotpatchRequest {
  std::filesystem::path base;
  std::filesystem::path baseMap;
  std::filesystem::path post;
  std::filesystem::path postMap;
  std::vector<std::string> functions;
  uint32_t version = 4;
  uint32_t sequence = 1;
  uint32_t extraPatchSize = 0; // 32-bit values of original bytes in each FUNCTION record
};

// The hotpatch image's bytes: those of the post image with the metadata appended.
[[nodiscard]] Result<std::vector<uint8_t>> makeHotpatch(const HotpatchRequest &request);

} // namespace hotgate::corpus
