// The COFF symbol table that GNU linkers (and lld for MinGW) leave in an image: names without types and sizes, as a
// public PDB has them.
//
// A function is a symbol of function type, or one at which an exception-directory entry begins: any other symbol in
// code (`etext`, a label of hand-written assembly) may stand in the middle of a body. x86 names keep their underscore.
// Only a static symbol knows where it comes from: the source file of the .file record in front of it.
#pragma once

#include "analyzer/image/image.h"
#include "analyzer/symbols/symbols.h"
#include "support/result.h"

namespace hotgate::analyzer {

// Level `public`, or `none` when the image has no symbol table. A symbol outside the image is dropped and counted.
// Errors: input, when the headers name a symbol table that is not wholly in the file.
Result<Symbols> readCoffSymbols(const Image &image);

} // namespace hotgate::analyzer
