// Which bytes of an image the loader changes when it puts it elsewhere than at its preferred address.
#pragma once

#include "analyzer/image/image.h"

#include <vector>

namespace hotgate::analyzer {

// One entry a byte of [rva, rva + size).
[[nodiscard]] std::vector<bool> relocatedBytes(const Image &image, uint32_t rva, uint32_t size);

} // namespace hotgate::analyzer
