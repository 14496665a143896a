// Whether two exception handlers that lie in data are the same code.
//
// Assemblers put one there when a source forgets to switch back from .rdata: OpenSSL's rsaz_def_handler in node.exe.
// The system would not run it, but the unwind record calls it a handler, and as bytes it changes as soon as its section
// and the import table move by different distances. So it is read as code, from the place that the unwind record names
// up to where control cannot go on: the same instructions, and what they refer to is the same (referents.h).
//
// Limits: x64. Nothing is said of bytes that are no code, of an absolute address in an instruction, of a jump table,
// and of what ends later than 4 KiB on.
#pragma once

#include "analyzer/code/decoder.h"
#include "analyzer/diff/referents.h"

#include <optional>

namespace hotgate::analyzer {

// nullopt: they cannot be read as code, or do not lie in data.
[[nodiscard]] std::optional<bool> sameHandlerInData(const Referents &referents, Decoder &decoder, uint32_t preRva,
                                                    uint32_t postRva);

} // namespace hotgate::analyzer
