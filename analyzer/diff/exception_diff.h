// Exception handling of two functions, compared: what is not in their code, but decides what an exception does in it.
//
// Two things: the unwind records (how a frame is undone) and the handlers with their language data (which code runs,
// for which exceptions, while which instructions execute). A function is covered by every entry of the exception
// directory that begins in its body or in one of its fragments. Numbers must be equal, places must be the same
// (referents.h), type descriptors must have the same name.
//
// Limits: language data of an unknown format is compared word by word, and a word that is equal as a number is equal.
// What could not be read within its budget is never equal to anything.
#pragma once

#include "analyzer/code/program.h"
#include "analyzer/diff/referents.h"

namespace hotgate::analyzer {

enum class Bodies : uint8_t {
  equal,
  differ, // where in the bodies something lies is a consequence of that, and not compared
};

// Handlers and their language data. The decoder is for handlers that lie in data.
bool sameExceptionData(const Referents &referents, Decoder &decoder, const Function &pre, const Function &post,
                       Bodies bodies);

// Prologue and epilogue codes, frame registers, and how the exception directory cuts the function. Of equal bodies.
bool sameUnwindInformation(const Referents &referents, const Function &pre, const Function &post);

} // namespace hotgate::analyzer
