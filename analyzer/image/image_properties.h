// What an image says of itself in single bits: which protections it is built for, and what it makes the loader do.
#pragma once

#include "analyzer/image/image.h"

#include <string_view>
#include <vector>

namespace hotgate::analyzer {

// Sorted. From DllCharacteristics: aslr, high-entropy-aslr, nx, force-integrity, guard-cf; from the extended ones
// (debug type 20): cet-compat, hotpatch-compatible; from the load configuration: chpe; from the directories: tls; and
// writable-code, when a section may be written and executed.
[[nodiscard]] std::vector<std::string_view> imageProperties(const Image &image);

} // namespace hotgate::analyzer
