#include "analyzer/image/relocation_directory.h"

#include <algorithm>
#include <llvm/BinaryFormat/COFF.h>
#include <llvm/Object/COFF.h>

namespace hotgate::analyzer {

namespace {

using llvm::object::coff_base_reloc_block_entry;
using llvm::object::coff_base_reloc_block_header;

// Bytes that a relocation of this type changes; 0 for types that no machine of ours uses.
uint32_t widthOf(uint8_t type) {
  switch (type) {
  case llvm::COFF::IMAGE_REL_BASED_DIR64:
    return 8;
  case llvm::COFF::IMAGE_REL_BASED_HIGHLOW:
    return 4;
  case llvm::COFF::IMAGE_REL_BASED_HIGH:
  case llvm::COFF::IMAGE_REL_BASED_LOW:
    return 2;
  default:
    return 0;
  }
}

Result<> readBlock(const ImageLayout &layout, uint32_t blockRva, uint32_t pageRva, std::span<const uint8_t> entries,
                   std::vector<BaseRelocation> &relocations) {
  for (size_t offset = 0; offset + sizeof(coff_base_reloc_block_entry) <= entries.size();
       offset += sizeof(coff_base_reloc_block_entry)) {
    const auto &entry = *reinterpret_cast<const coff_base_reloc_block_entry *>(entries.data() + offset);
    const auto type = static_cast<uint8_t>(entry.getType());
    if (type == llvm::COFF::IMAGE_REL_BASED_ABSOLUTE)
      continue;
    const uint32_t width = widthOf(type);
    if (width == 0)
      return layout.failAt(blockRva, fmt::format("relocation block: type {} is none that a loader of {} applies", type,
                                                 machineName(layout.machine)));
    const uint64_t target = uint64_t{pageRva} + entry.getOffset();
    if (target + width > layout.sizeOfImage)
      return layout.failAt(blockRva,
                           fmt::format("relocation block: its target RVA {:#x} leaves the image (SizeOfImage {:#x})",
                                       target, layout.sizeOfImage));
    relocations.push_back({.rva = static_cast<uint32_t>(target), .type = type});
  }
  return {};
}

} // namespace

Result<std::vector<BaseRelocation>> readRelocations(const ImageLayout &layout) {
  std::vector<BaseRelocation> relocations;
  const DirectoryRange range = layout.directory(Directory::relocations);
  if (range.rva == 0 || range.size == 0)
    return relocations;
  HOTGATE_TRY(const auto directory, layout.bytesAt(range.rva, range.size, "relocation directory"));
  relocations.reserve(range.size / sizeof(coff_base_reloc_block_entry));

  for (size_t offset = 0; offset < directory.size();) {
    const auto blockRva = static_cast<uint32_t>(range.rva + offset);
    if (directory.size() - offset < sizeof(coff_base_reloc_block_header))
      return layout.failAt(blockRva, "relocation directory: it ends inside a block header");
    const auto &block = *reinterpret_cast<const coff_base_reloc_block_header *>(directory.data() + offset);
    if (block.BlockSize < sizeof(block) || block.BlockSize > directory.size() - offset)
      return layout.failAt(blockRva, fmt::format("relocation block: its size {:#x} is not in {:#x}..{:#x}",
                                                 uint32_t{block.BlockSize}, sizeof(block), directory.size() - offset));
    HOTGATE_CHECK(readBlock(layout, blockRva, block.PageRVA,
                            directory.subspan(offset + sizeof(block), block.BlockSize - sizeof(block)), relocations));
    offset += block.BlockSize;
  }

  if (!std::ranges::is_sorted(relocations, {}, &BaseRelocation::rva))
    std::ranges::stable_sort(relocations, {}, &BaseRelocation::rva);
  for (size_t index = 1; index < relocations.size(); ++index)
    if (relocations[index].rva - relocations[index - 1].rva < widthOf(relocations[index - 1].type))
      return layout.failAt(relocations[index].rva, "relocation directory: two relocations change the same bytes");
  return relocations;
}

} // namespace hotgate::analyzer
