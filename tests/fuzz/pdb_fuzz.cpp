// Fuzzes the PDB reader: input is a whole PDB, of the program in programs/typed.cpp.
//
// LLVM's own code is not instrumented (it is the system's library): what it does wrong shows as a crash, a hang or a
// bad access on the heap, and guides nothing. Our code around it is.
#include "analyzer/symbols/pdb_reader.h"
#include "analyzer/symbols/record_layouts.h"
#include "tests/fuzz/local_mutation.h"
#include "tests/fuzz/memory_file.h"

#include <algorithm>
#include <cstdlib>

using namespace hotgate;
using namespace hotgate::analyzer;

namespace {

const Image &typedImage() {
  static const Image image = Image::open(HOTGATE_TYPED_PROGRAM ".dll").value();
  return image;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const fuzz::MemoryFile file;
  file.replace({data, size});
  const Image &image = typedImage();
  const auto symbols = readPdb(file.path(), image);
  if (!symbols)
    return 0;
  for (const FunctionSymbol &function : symbols->functions)
    if (function.rva >= image.sizeOfImage())
      std::abort();
  for (const DataSymbol &datum : symbols->data)
    if (datum.rva >= image.sizeOfImage())
      std::abort();
  // What is made of types: lookups at every offset.
  const RecordLayouts layouts(*symbols);
  for (const TypeLayout &type : symbols->types)
    for (uint64_t offset = 0; offset < std::min<uint64_t>(type.size, 64); offset += 8)
      (void)layouts.pointedAt(type.type, offset);
  for (const FunctionSymbol &function : symbols->functions)
    for (const TypedPlace &place : function.places)
      if (place.begin >= place.end)
        std::abort();
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maxSize, unsigned seed) {
  constexpr size_t superBlock = 56;
  return fuzz::mutateLocally(data, size, maxSize, superBlock, seed);
}
