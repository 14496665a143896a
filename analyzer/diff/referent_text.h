// What code refers to, in words for people: a name, or the content of a constant that has none of its own.
//
// Only texts that show what differs; whether it differs is decided in referents.h.
#pragma once

#include "analyzer/code/program.h"

#include <string>

namespace hotgate::analyzer {

// "ParseOptions", "kernel32.dll!HeapAlloc", "g_statistics+0x8", "\"DHCPREQUEST\"", ".rdata+0x40".
[[nodiscard]] std::string referentText(const Program &program, uint32_t rva);

// What a constant holds from this place on: "\"lease 1\"", "L\"lease 1\"", "-> ParseOptions", "00 00 f8 3f (1.9375)".
// At most 64 characters or 16 bytes of it; "" where the file has no bytes.
[[nodiscard]] std::string contentText(const Program &program, uint32_t rva);

} // namespace hotgate::analyzer
