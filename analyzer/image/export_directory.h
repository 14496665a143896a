// The export directory: by ordinal, then name. Gaps in the address table are left out.
#pragma once

#include "analyzer/image/image_layout.h"

namespace hotgate::analyzer {

Result<std::vector<Export>> readExports(const ImageLayout &layout);

} // namespace hotgate::analyzer
