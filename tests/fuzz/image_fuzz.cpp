// Fuzzes the image loader: input is a whole PE file.
//
// The readers first work on a buffer of exactly the input's size, so that the address sanitizer sees one byte too many;
// then Image::open() does the whole, with LLVM's reader, on a mapped file, and the image answers every question.
// LIEF is not here: no verdict depends on it, it works in a process of its own (analyzer/image/lief_reader.h), and a
// process for each input would leave nothing of the time.
#include "analyzer/image/debug_directory.h"
#include "analyzer/image/exception_directory.h"
#include "analyzer/image/export_directory.h"
#include "analyzer/image/import_directory.h"
#include "analyzer/image/load_configuration.h"
#include "analyzer/image/relocation_directory.h"
#include "tests/fuzz/local_mutation.h"
#include "tests/fuzz/memory_file.h"

#include <cstdlib>
#include <llvm/Object/COFF.h>

using namespace hotgate;
using namespace hotgate::analyzer;

namespace {

void require(bool kept) {
  if (!kept)
    std::abort();
}

void readDirectories(std::span<const uint8_t> file) {
  const auto layout = ImageLayout::parse("fuzzed", file);
  if (!layout)
    return;
  (void)readFunctionRanges(*layout);
  (void)readExports(*layout);
  (void)readImports(*layout);
  (void)readRelocations(*layout);
  (void)readDebugDirectory(*layout);
  (void)readLoadConfiguration(*layout);
}

void askEverything(const Image &image) {
  for (const Section &section : image.sections()) {
    require(image.bytesFrom(section.rva).size() <= section.fileSize);
    require(section.extent() == 0 || image.sectionAt(section.rva) != nullptr);
  }
  for (const FunctionRange &range : image.functionRanges())
    (void)image.bytesAt(range.begin, range.end - range.begin);
  for (const Import &import : image.imports())
    require(image.importAtSlot(import.slotRva) != nullptr);
  for (const BaseRelocation &relocation : image.relocations()) {
    (void)image.isRelocated(relocation.rva);
    (void)image.fileOffset(relocation.rva);
  }
  for (const Export &entry : image.exports())
    require(entry.rva < image.sizeOfImage());
  (void)image.isHotpatchCompatible();
  (void)image.coff().getNumberOfSections();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const fuzz::MemoryFile file;
  readDirectories({data, size});
  file.replace({data, size});
  if (const auto image = Image::open(file.path()))
    askEverything(*image);
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maxSize, unsigned seed) {
  constexpr size_t headers = 0x400;
  return fuzz::mutateLocally(data, size, maxSize, headers, seed);
}
