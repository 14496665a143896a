#include "analyzer/hotpatch/relocated_bytes.h"

#include <algorithm>
#include <llvm/BinaryFormat/COFF.h>

namespace hotgate::analyzer {

namespace {

constexpr uint32_t longest = 8;

uint32_t sizeOf(const BaseRelocation &relocation) {
  switch (relocation.type) {
  case llvm::COFF::IMAGE_REL_BASED_DIR64:
  case llvm::COFF::IMAGE_REL_BASED_ARM_MOV32T: // a pair of instructions
    return 8;
  case llvm::COFF::IMAGE_REL_BASED_HIGH:
  case llvm::COFF::IMAGE_REL_BASED_LOW:
    return 2;
  default:
    return 4;
  }
}

} // namespace

std::vector<bool> relocatedBytes(const Image &image, uint32_t rva, uint32_t size) {
  std::vector<bool> changed(size);
  const auto all = image.relocations();
  auto at = std::ranges::lower_bound(all, rva < longest ? 0 : rva - longest, {}, &BaseRelocation::rva);
  for (; at != all.end() && at->rva < uint64_t{rva} + size; ++at)
    for (uint64_t byte = at->rva; byte < uint64_t{at->rva} + sizeOf(*at); ++byte)
      if (byte >= rva && byte - rva < size)
        changed[byte - rva] = true;
  return changed;
}

} // namespace hotgate::analyzer
