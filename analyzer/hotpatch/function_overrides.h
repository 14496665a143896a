// Functions that the system may replace by another version of themselves when it loads the image: dynamic relocations
// of type 7, IMAGE_DYNAMIC_RELOCATION_FUNCTION_OVERRIDE (winnt.h). Calls to such a function are rewritten at load time,
// so a redirect of one version does not reach the callers of another.
//
// Limits: versions 1 and 2 of the table, as far as it makes sense; what does not ends the reading.
#pragma once

#include "analyzer/image/image.h"

#include <vector>

namespace hotgate::analyzer {

// RVAs of the originals and of their other versions, sorted, unique.
[[nodiscard]] std::vector<uint32_t> overriddenFunctions(const Image &image);

} // namespace hotgate::analyzer
