// The import and delay-import directories, as one table by the RVA of the slot that the loader fills.
// Limits: no delay-load descriptors of version 1 (absolute addresses; Visual C++ 6).
#pragma once

#include "analyzer/image/image_layout.h"

namespace hotgate::analyzer {

Result<std::vector<Import>> readImports(const ImageLayout &layout);

} // namespace hotgate::analyzer
