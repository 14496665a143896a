// The functions that control flow guard lets indirect calls lead to.
#pragma once

#include "analyzer/image/image.h"

#include <vector>

namespace hotgate::analyzer {

// RVAs, sorted; empty when the image has no guard table.
[[nodiscard]] std::vector<uint32_t> guardedFunctions(const Image &image);

} // namespace hotgate::analyzer
