// Fuzzes the load configuration and the guard tables that it points to, for all machines.
//
// Input: one byte that chooses the machine, then the regions of loadConfigurationSample(). Guard tables that are
// accepted must lie in the image to their last entry.
#include "analyzer/image/load_configuration.h"
#include "tests/fuzz/fuzzed_sample.h"

#include <cstdlib>

using namespace hotgate;
using namespace hotgate::analyzer;

namespace {

void checkTable(const ImageLayout &layout, uint32_t rva, uint64_t count, uint32_t guardFlags) {
  const uint64_t size = count * (4 + (guardFlags >> 28));
  if (size != 0 && layout.bytesFrom(rva).size() < size)
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static fuzz::FuzzedSample samples[] = {fuzz::loadConfigurationSample("x64"), fuzz::loadConfigurationSample("x86"),
                                         fuzz::loadConfigurationSample("arm64")};
  if (size == 0)
    return 0;
  const auto image = samples[data[0] % std::size(samples)].with({data + 1, size - 1});
  const auto layout = ImageLayout::parse("fuzzed", image);
  if (!layout)
    return 0;
  const auto read = readLoadConfiguration(*layout);
  if (!read || !*read)
    return 0;
  const LoadConfiguration &configuration = **read;
  checkTable(*layout, configuration.guardFunctionTableRva, configuration.guardFunctionCount, configuration.guardFlags);
  checkTable(*layout, configuration.guardEhContinuationTableRva, configuration.guardEhContinuationCount,
             configuration.guardFlags);
  return 0;
}
