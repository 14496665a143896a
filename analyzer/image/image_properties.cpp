#include "analyzer/image/image_properties.h"

#include "analyzer/image/hotpatch_format.h"

#include <algorithm>
#include <llvm/BinaryFormat/COFF.h>
#include <llvm/Object/COFF.h>

namespace hotgate::analyzer {

namespace {

struct Bit {
  uint32_t mask;
  std::string_view name;
};
constexpr Bit dllCharacteristics[] = {
    {llvm::COFF::IMAGE_DLL_CHARACTERISTICS_DYNAMIC_BASE, "aslr"},
    {llvm::COFF::IMAGE_DLL_CHARACTERISTICS_HIGH_ENTROPY_VA, "high-entropy-aslr"},
    {llvm::COFF::IMAGE_DLL_CHARACTERISTICS_NX_COMPAT, "nx"},
    {llvm::COFF::IMAGE_DLL_CHARACTERISTICS_FORCE_INTEGRITY, "force-integrity"},
    {llvm::COFF::IMAGE_DLL_CHARACTERISTICS_GUARD_CF, "guard-cf"},
};
constexpr Bit extendedCharacteristics[] = {
    {0x1, "cet-compat"}, // IMAGE_DLLCHARACTERISTICS_EX_CET_COMPAT, winnt.h
    {hotpatch::extendedCharacteristicHotpatchCompatible, "hotpatch-compatible"},
};

uint32_t dllCharacteristicsOf(const Image &image) {
  if (const auto *header = image.coff().getPE32PlusHeader())
    return header->DLLCharacteristics;
  const auto *header = image.coff().getPE32Header();
  return header != nullptr ? uint32_t{header->DLLCharacteristics} : 0;
}

} // namespace

std::vector<std::string_view> imageProperties(const Image &image) {
  std::vector<std::string_view> names;
  const auto add = [&names](uint32_t value, const Bit &bit) {
    if ((value & bit.mask) != 0)
      names.push_back(bit.name);
  };
  for (const Bit &bit : dllCharacteristics)
    add(dllCharacteristicsOf(image), bit);
  for (const Bit &bit : extendedCharacteristics)
    add(image.extendedCharacteristics(), bit);
  if (image.loadConfiguration() && image.loadConfiguration()->chpeMetadataPointer != 0)
    names.push_back("chpe");
  if (image.directory(Directory::tls).rva != 0)
    names.push_back("tls");
  if (std::ranges::any_of(image.sections(), [](const Section &s) { return s.isWritable() && s.isExecutable(); }))
    names.push_back("writable-code");
  std::ranges::sort(names);
  return names;
}

} // namespace hotgate::analyzer
