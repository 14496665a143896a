// Class hierarchies of two images, as their own run-time type data says them: which bases a class has, and where in it.
// dynamic_cast, typeid and catch clauses of code that was not patched go by the old one.
//
// Limits: classes with virtual functions, of images that were built with /GR; Microsoft's ABI. Classes that only one of
// the images has are no difference.
#pragma once

#include "analyzer/image/image.h"

#include <string>
#include <vector>

namespace hotgate::analyzer {

struct HierarchyDifference {
  std::string name;                // of the class, decorated: ".?AVServer@@"
  std::string preBases, postBases; // ".?AVBase@@ at 0x0, .?AVLog@@ at 0x10"; "" when it has none
};

// By name.
std::vector<HierarchyDifference> diffHierarchies(const Image &pre, const Image &post);

} // namespace hotgate::analyzer
