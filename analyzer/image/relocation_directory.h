// The base relocation directory, flat and by RVA.
#pragma once

#include "analyzer/image/image_layout.h"

namespace hotgate::analyzer {

Result<std::vector<BaseRelocation>> readRelocations(const ImageLayout &layout);

} // namespace hotgate::analyzer
