// Hostile text made safe to show. A name in an image may hold terminal escapes, markup or text that runs backwards.
#pragma once

#include "support/printable_text.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace hotgate::rules {

// Valid UTF-8 in, text without control characters out: each becomes "\x1b", one that turns the reading direction or
// breaks lines "\u202e".
std::string printable(std::string_view text);

// printable(), and safe inside HTML and XML, in text and in quoted attributes.
std::string escapeMarkup(std::string_view text);

} // namespace hotgate::rules
