#include "analyzer/image/load_configuration.h"

#include <algorithm>
#include <cstddef>
#include <llvm/Object/COFF.h>

namespace hotgate::analyzer {

namespace {

using llvm::object::coff_load_configuration32;
using llvm::object::coff_load_configuration64;

static_assert(offsetof(coff_load_configuration64, HotPatchTableOffset) == 0xF0);
static_assert(offsetof(coff_load_configuration32, HotPatchTableOffset) == 0x94);

// The fields that are addresses in the image, by their name for errors.
struct AddressField {
  std::string_view name;
  uint64_t address;
  uint32_t LoadConfiguration::*rva;
};

Result<> storeAddress(const ImageLayout &layout, const AddressField &field, LoadConfiguration &configuration) {
  if (field.address == 0)
    return {};
  const auto rva = layout.rvaOfAddress(field.address);
  if (!rva)
    return layout.failAt(configuration.rva, fmt::format("load configuration: {} {:#x} points outside the image",
                                                        field.name, field.address));
  configuration.*field.rva = *rva;
  return {};
}

// A guard table has 4 bytes an entry, and as many more as the guard flags say.
Result<uint32_t> checkGuardTable(const ImageLayout &layout, uint32_t rva, uint64_t count, uint32_t guardFlags,
                                 std::string_view what) {
  if (count == 0)
    return 0;
  const uint32_t stride = 4 + (guardFlags >> 28);
  if (rva == 0 || count > layout.sizeOfImage / stride)
    return layout.failAt(rva, fmt::format("{}: its count of {} is more than the image holds", what, count));
  HOTGATE_CHECK(layout.bytesAt(rva, count * stride, what));
  return static_cast<uint32_t>(count);
}

template <class Fields> Result<LoadConfiguration> readFields(const ImageLayout &layout, uint32_t rva, uint32_t size) {
  // Fields behind the structure's own size stay zero: the image was made before they existed.
  HOTGATE_TRY(const auto bytes, layout.bytesAt(rva, size, "load configuration"));
  Fields fields;
  std::memset(static_cast<void *>(&fields), 0, sizeof(fields));
  std::memcpy(static_cast<void *>(&fields), bytes.data(), std::min(bytes.size(), sizeof(fields)));

  LoadConfiguration configuration{.rva = rva, .size = size};
  const AddressField addresses[] = {
      {"SecurityCookie", fields.SecurityCookie, &LoadConfiguration::securityCookieRva},
      {"GuardCFCheckFunctionPointer", fields.GuardCFCheckFunction, &LoadConfiguration::guardCheckPointerRva},
      {"GuardCFDispatchFunctionPointer", fields.GuardCFCheckDispatch, &LoadConfiguration::guardDispatchPointerRva},
      {"GuardCFFunctionTable", fields.GuardCFFunctionTable, &LoadConfiguration::guardFunctionTableRva},
      {"GuardEHContinuationTable", fields.GuardEHContinuationTable, &LoadConfiguration::guardEhContinuationTableRva},
  };
  for (const AddressField &field : addresses)
    HOTGATE_CHECK(storeAddress(layout, field, configuration));
  configuration.guardFlags = fields.GuardFlags;
  configuration.chpeMetadataPointer = fields.CHPEMetadataPointer;
  configuration.hotPatchTableRva = fields.HotPatchTableOffset;
  configuration.dynamicRelocationOffset = fields.DynamicValueRelocTableOffset;
  configuration.dynamicRelocationSection = fields.DynamicValueRelocTableSection;
  HOTGATE_TRY(configuration.guardFunctionCount,
              checkGuardTable(layout, configuration.guardFunctionTableRva, fields.GuardCFFunctionCount,
                              fields.GuardFlags, "guard function table"));
  HOTGATE_TRY(configuration.guardEhContinuationCount,
              checkGuardTable(layout, configuration.guardEhContinuationTableRva, fields.GuardEHContinuationCount,
                              fields.GuardFlags, "EH continuation table"));
  return configuration;
}

} // namespace

Result<std::optional<LoadConfiguration>> readLoadConfiguration(const ImageLayout &layout) {
  const DirectoryRange range = layout.directory(Directory::loadConfiguration);
  if (range.rva == 0)
    return std::nullopt;
  HOTGATE_TRY(const auto size, layout.recordsAt<llvm::support::ulittle32_t>(range.rva, 1, "load configuration"));
  if (layout.is64) {
    HOTGATE_TRY(auto configuration, readFields<coff_load_configuration64>(layout, range.rva, size.front()));
    return configuration;
  }
  HOTGATE_TRY(auto configuration, readFields<coff_load_configuration32>(layout, range.rva, size.front()));
  return configuration;
}

} // namespace hotgate::analyzer
