// Which image of one package or folder is which of another.
//
// Passes, surest first; what one pass pairs the next ones do not see:
//   1. the same component (name, language, architecture), and the same place in it
//   2. the same path below the folder or package, for images without a component
//   3. the same file name, machine and language, unless both have components, and those differ
// Windows names have no case. Two candidates are no pair: what is ambiguous is said, never guessed.
#pragma once

#include "analyzer/package/package.h"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace hotgate::analyzer {

struct ImagePairs {
  struct Pair {
    size_t pre = 0;
    size_t post = 0;
  };
  struct Single {
    size_t index = 0;
    bool isAmbiguous = false; // the other side, or its own, has several that could be meant
  };
  std::vector<Pair> pairs; // by pre
  std::vector<Single> preOnly, postOnly;
};

[[nodiscard]] ImagePairs pairImages(std::span<const PackageImage> pre, std::span<const PackageImage> post);

} // namespace hotgate::analyzer
