// The exception directory (.pdata): which bytes are one function, and which fragments belong to it.
//
// x64: RUNTIME_FUNCTION with UNWIND_INFO; chained entries are followed to their primary. ARM64: packed and .xdata
// entries; a fragment there names no primary, so each is its own, but a forwarding entry belongs to the one that it
// names. x86 has no such directory.
#pragma once

#include "analyzer/image/image_layout.h"

namespace hotgate::analyzer {

// By begin, without overlaps, each within one section.
Result<std::vector<FunctionRange>> readFunctionRanges(const ImageLayout &layout);

} // namespace hotgate::analyzer
