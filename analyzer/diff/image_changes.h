// What changed in an image besides code, data and types: exports, imports, sections, headers.
#pragma once

#include "analyzer/image/image.h"

#include <string>
#include <vector>

namespace hotgate::analyzer {

struct ImageChange {
  std::string kind;   // "export added", "import removed", "dependency added", "section resized", ...
  std::string detail; // for people: "HeapSize of kernel32.dll"
};

// By kind, then detail.
std::vector<ImageChange> diffImageTables(const Image &pre, const Image &post);

} // namespace hotgate::analyzer
