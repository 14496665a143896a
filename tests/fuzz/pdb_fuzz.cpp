// Fuzzes the PDB reader: input is a whole PDB of the x64 sample.
//
// LLVM's own code is not instrumented (it is the system's library): what it does wrong shows as a crash, a hang or a
// bad access on the heap, and guides nothing. Our code around it is.
#include "analyzer/symbols/pdb_reader.h"
#include "tests/fuzz/fuzzed_sample.h"
#include "tests/fuzz/local_mutation.h"
#include "tests/fuzz/memory_file.h"

#include <cstdlib>

using namespace hotgate;
using namespace hotgate::analyzer;

namespace {

const Image &sampleImage() {
  static const fuzz::MemoryFile file;
  static const Image image = [] {
    file.replace(fuzz::FuzzedSample("x64").intact());
    return Image::open(file.path()).value();
  }();
  return image;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const fuzz::MemoryFile file;
  file.replace({data, size});
  const Image &image = sampleImage();
  const auto symbols = readPdb(file.path(), image);
  if (!symbols)
    return 0;
  for (const FunctionSymbol &function : symbols->functions)
    if (function.rva >= image.sizeOfImage())
      std::abort();
  for (const DataSymbol &datum : symbols->data)
    if (datum.rva >= image.sizeOfImage())
      std::abort();
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maxSize, unsigned seed) {
  constexpr size_t superBlock = 56;
  return fuzz::mutateLocally(data, size, maxSize, superBlock, seed);
}
