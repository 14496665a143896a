// Hostile names made safe to show. They come from images, PDBs and guests, and may hold terminal control sequences or
// bytes that are no UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hotgate {

// For a terminal: printable ASCII stays, every other byte becomes \xNN.
[[nodiscard]] std::string printable(std::string_view text);

// For JSON, which has no bytes: UTF-8 stays as it is; in other text every byte outside of ASCII becomes \xNN.
[[nodiscard]] std::string asUtf8(std::string_view text);

// "1,234,567".
[[nodiscard]] std::string grouped(int64_t number);

// Cut to a width, with "..." as its end.
[[nodiscard]] std::string shortened(std::string text, size_t width);

// Lines of at most `width` code points, each behind `indent`; a longer word stays whole. Ends with a newline.
[[nodiscard]] std::string wrapped(std::string_view text, size_t width, std::string_view indent);

} // namespace hotgate
