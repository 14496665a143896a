// The load configuration directory: guard tables, CHPE, and where the hotpatch table is.
#pragma once

#include "analyzer/image/image_layout.h"

namespace hotgate::analyzer {

// nullopt when the image has none.
Result<std::optional<LoadConfiguration>> readLoadConfiguration(const ImageLayout &layout);

} // namespace hotgate::analyzer
