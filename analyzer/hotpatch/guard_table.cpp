#include "analyzer/hotpatch/guard_table.h"

#include <algorithm>
#include <llvm/Support/Endian.h>

namespace hotgate::analyzer {

std::vector<uint32_t> guardedFunctions(const Image &image) {
  const auto &configuration = image.loadConfiguration();
  if (!configuration || configuration->guardFunctionCount == 0)
    return {};
  const size_t stride = 4 + (configuration->guardFlags >> 28U); // bits 28-31: bytes behind each RVA
  const auto table = image.bytesFrom(configuration->guardFunctionTableRva);
  std::vector<uint32_t> functions;
  for (size_t at = 0; functions.size() < configuration->guardFunctionCount && at + 4 <= table.size(); at += stride)
    functions.push_back(llvm::support::endian::read32le(&table[at]));
  std::ranges::sort(functions);
  return functions;
}

} // namespace hotgate::analyzer
