#include "analyzer/image/image_layout.h"

#include <algorithm>
#include <charconv>
#include <llvm/BinaryFormat/COFF.h>
#include <llvm/Object/COFF.h>

namespace hotgate::analyzer {

namespace {

constexpr uint32_t maxSections = 96; // the loader's limit

// What follows the optional header's fixed part in both flavours.
struct OptionalFields {
  uint64_t imageBase;
  uint32_t entryPoint, sizeOfImage, sizeOfHeaders, checksum, directoryCount, fixedSize;
};

template <class Header> OptionalFields fieldsOf(const Header &header) {
  return {.imageBase = header.ImageBase,
          .entryPoint = header.AddressOfEntryPoint,
          .sizeOfImage = header.SizeOfImage,
          .sizeOfHeaders = header.SizeOfHeaders,
          .checksum = header.CheckSum,
          .directoryCount = header.NumberOfRvaAndSize,
          .fixedSize = sizeof(Header)};
}

// A name longer than eight bytes is "/N": N is an offset into the COFF string table (mingw's debug sections). The raw
// text stands when that leads nowhere.
std::string sectionName(const llvm::object::coff_section &header, std::span<const uint8_t> file, uint64_t stringTable) {
  const std::string_view raw(header.Name, strnlen(header.Name, sizeof(header.Name)));
  uint32_t offset = 0;
  if (stringTable == 0 || !raw.starts_with('/') ||
      std::from_chars(raw.data() + 1, raw.data() + raw.size(), offset).ec != std::errc{} ||
      stringTable + offset >= file.size())
    return std::string(raw);
  const auto rest = file.subspan(stringTable + offset);
  const auto end = std::find(rest.begin(), rest.end(), uint8_t{0});
  if (end == rest.end() || static_cast<size_t>(end - rest.begin()) > ImageLayout::maxNameLength)
    return std::string(raw);
  return {rest.begin(), end};
}

} // namespace

Failure ImageLayout::failAt(uint32_t rva, std::string reason, std::string next) const {
  const Section *section = sectionAt(rva);
  const std::string place =
      section == nullptr ? fmt::format("RVA {:#x}", rva) : fmt::format("section {}, RVA {:#x}", section->name, rva);
  return failInput(entity_, place, std::move(reason), std::move(next));
}

Failure ImageLayout::failAtOffset(uint64_t offset, std::string reason) const {
  return failInput(entity_, fmt::format("offset {:#x}", offset), std::move(reason), std::string(copyAgain));
}

template <class Header> const Header *ImageLayout::headerAt(uint64_t offset) const {
  static_assert(alignof(Header) == 1);
  if (offset > file_.size() || file_.size() - offset < sizeof(Header))
    return nullptr;
  return reinterpret_cast<const Header *>(file_.data() + offset);
}

Result<ImageLayout> ImageLayout::parse(std::string entity, std::span<const uint8_t> file) {
  ImageLayout layout(std::move(entity), file);
  // Every place in a PE file is a number of 32 bits.
  if (file.size() > UINT32_MAX)
    return layout.failAtOffset(uint64_t{UINT32_MAX} + 1,
                               fmt::format("the file has {} bytes: an image has less than 4 GiB", file.size()));
  HOTGATE_CHECK(layout.readHeaders());
  return layout;
}

Result<> ImageLayout::readHeaders() {
  if (file_.size() < 2 || file_[0] != 'M' || file_[1] != 'Z')
    return failAtOffset(0, "not a PE image: it does not begin with MZ");
  const auto *dos = headerAt<llvm::object::dos_header>(0);
  if (dos == nullptr)
    return failAtOffset(0,
                        fmt::format("the file ends inside the DOS header (need 0x40 bytes, have {:#x})", file_.size()));

  const uint64_t signature = dos->AddressOfNewExeHeader;
  const uint64_t fileHeader = signature + sizeof(llvm::COFF::PEMagic);
  const auto *header = headerAt<llvm::object::coff_file_header>(fileHeader);
  if (header == nullptr)
    return failAtOffset(signature,
                        fmt::format("not a PE image, or cut off: the PE header would end at {:#x}, the file at {:#x}",
                                    fileHeader + sizeof(*header), file_.size()));
  if (std::memcmp(file_.data() + signature, llvm::COFF::PEMagic, sizeof(llvm::COFF::PEMagic)) != 0)
    return failAtOffset(signature, "not a PE image: there is no PE signature");

  switch (header->Machine) {
  case llvm::COFF::IMAGE_FILE_MACHINE_AMD64:
    machine = Machine::x64;
    break;
  case llvm::COFF::IMAGE_FILE_MACHINE_ARM64:
    machine = Machine::arm64;
    break;
  case llvm::COFF::IMAGE_FILE_MACHINE_I386:
    machine = Machine::x86;
    break;
  default:
    return failAtOffset(fileHeader,
                        fmt::format("machine {:#06x} is none of x64, ARM64 and x86", uint16_t{header->Machine}));
  }
  is64 = machine != Machine::x86;
  timestamp = header->TimeDateStamp;

  const uint64_t optionalHeader = fileHeader + sizeof(*header);
  HOTGATE_CHECK(readOptionalHeader(optionalHeader, header->SizeOfOptionalHeader));
  const uint64_t stringTable =
      header->PointerToSymbolTable == 0
          ? 0
          : header->PointerToSymbolTable + uint64_t{header->NumberOfSymbols} * llvm::COFF::Symbol16Size;
  return readSections(optionalHeader + header->SizeOfOptionalHeader, header->NumberOfSections, stringTable);
}

Result<> ImageLayout::readOptionalHeader(uint64_t offset, uint32_t size) {
  const auto *magic = headerAt<llvm::support::ulittle16_t>(offset);
  if (magic == nullptr)
    return failAtOffset(offset, "the file ends before the optional header");
  const uint16_t expectedMagic = is64 ? llvm::COFF::PE32Header::PE32_PLUS : llvm::COFF::PE32Header::PE32;
  if (*magic != expectedMagic)
    return failAtOffset(offset, fmt::format("optional header magic {:#x}, but the machine {} has {:#x}",
                                            uint16_t{*magic}, machineName(machine), expectedMagic));
  const auto *header64 = is64 ? headerAt<llvm::object::pe32plus_header>(offset) : nullptr;
  const auto *header32 = is64 ? nullptr : headerAt<llvm::object::pe32_header>(offset);
  if (header64 == nullptr && header32 == nullptr)
    return failAtOffset(offset, fmt::format("the file ends inside the optional header, at {:#x}", file_.size()));
  const OptionalFields fields = is64 ? fieldsOf(*header64) : fieldsOf(*header32);

  const uint32_t count = fields.directoryCount;
  if (count > directories.size())
    return failAtOffset(offset, fmt::format("{} data directories, where the format has {}", count, directories.size()));
  if (fields.fixedSize + count * sizeof(llvm::object::data_directory) > size)
    return failAtOffset(
        offset, fmt::format("the optional header's size {:#x} has no room for its {} data directories", size, count));
  for (uint32_t index = 0; index < count; ++index) {
    const uint64_t place = offset + fields.fixedSize + index * sizeof(llvm::object::data_directory);
    const auto *entry = headerAt<llvm::object::data_directory>(place);
    if (entry == nullptr)
      return failAtOffset(place, fmt::format("the file ends inside data directory {}", index));
    directories[index] = {.rva = entry->RelativeVirtualAddress, .size = entry->Size};
  }

  imageBase = fields.imageBase;
  entryPoint = fields.entryPoint;
  sizeOfImage = fields.sizeOfImage;
  sizeOfHeaders = fields.sizeOfHeaders;
  checksum = fields.checksum;
  if (sizeOfHeaders > file_.size() || sizeOfHeaders > sizeOfImage)
    return failAtOffset(offset, fmt::format("SizeOfHeaders {:#x} exceeds the file ({:#x} bytes) or SizeOfImage {:#x}",
                                            sizeOfHeaders, file_.size(), sizeOfImage));
  return {};
}

Result<> ImageLayout::readSections(uint64_t offset, uint32_t count, uint64_t stringTable) {
  if (count == 0 || count > maxSections)
    return failAtOffset(offset, fmt::format("{} sections, where the loader takes 1 to {}", count, maxSections));
  if (offset + uint64_t{count} * sizeof(llvm::object::coff_section) > sizeOfHeaders)
    return failAtOffset(
        offset, fmt::format("the table of {} sections leaves the headers (SizeOfHeaders {:#x})", count, sizeOfHeaders));
  for (uint32_t index = 0; index < count; ++index) {
    const auto *header = headerAt<llvm::object::coff_section>(offset + index * sizeof(llvm::object::coff_section));
    sections.push_back({.name = sectionName(*header, file_, stringTable),
                        .rva = header->VirtualAddress,
                        .virtualSize = header->VirtualSize,
                        .fileOffset = header->SizeOfRawData == 0 ? 0U : uint32_t{header->PointerToRawData},
                        .fileSize = header->SizeOfRawData,
                        .characteristics = header->Characteristics});
  }
  std::ranges::stable_sort(sections, {}, &Section::rva);
  HOTGATE_CHECK(checkSectionsInMemory());
  HOTGATE_CHECK(checkSectionsInFile());
  if (entryPoint != 0 && sectionAt(entryPoint) == nullptr)
    return failAt(entryPoint, "the entry point lies in no section");
  return {};
}

Result<> ImageLayout::checkSectionsInMemory() const {
  uint64_t free = sizeOfHeaders;
  std::string_view before = "the headers";
  for (const Section &section : sections) {
    if (section.rva < free)
      return failAt(section.rva,
                    fmt::format("section {} overlaps {}, which ends at RVA {:#x}", section.name, before, free));
    free = uint64_t{section.rva} + section.extent();
    if (free > sizeOfImage)
      return failAt(section.rva, fmt::format("section {} ends at RVA {:#x}, behind SizeOfImage {:#x}", section.name,
                                             free, sizeOfImage));
    before = section.name;
  }
  return {};
}

Result<> ImageLayout::checkSectionsInFile() const {
  std::vector<const Section *> byOffset;
  for (const Section &section : sections)
    if (section.fileSize != 0)
      byOffset.push_back(&section);
  std::ranges::stable_sort(byOffset, {}, [](const Section *section) { return section->fileOffset; });
  uint64_t free = sizeOfHeaders;
  std::string_view before = "the headers";
  for (const Section *section : byOffset) {
    if (section->fileOffset < free)
      return failAtOffset(section->fileOffset,
                          fmt::format("the bytes of section {} overlap those of {}, which end at offset {:#x}",
                                      section->name, before, free));
    free = uint64_t{section->fileOffset} + section->fileSize;
    if (free > file_.size())
      return failAtOffset(section->fileOffset,
                          fmt::format("section {} ends at offset {:#x}, but the file at {:#x}: it is cut off",
                                      section->name, free, file_.size()));
    before = section->name;
  }
  return {};
}

const Section *ImageLayout::sectionAt(uint32_t rva) const {
  const auto behind = std::ranges::upper_bound(sections, rva, {}, &Section::rva);
  // An empty section may share its RVA with the one in front of it, so step over empty ones.
  for (auto at = behind; at != sections.begin();) {
    --at;
    if (at->contains(rva))
      return &*at;
    if (at->extent() != 0)
      return nullptr;
  }
  return nullptr;
}

std::span<const uint8_t> ImageLayout::bytesFrom(uint32_t rva) const {
  if (rva < sizeOfHeaders)
    return file_.subspan(rva, sizeOfHeaders - rva);
  const Section *section = sectionAt(rva);
  if (section == nullptr)
    return {};
  const uint32_t backed = std::min(section->fileSize, section->extent());
  const uint32_t within = rva - section->rva;
  return within >= backed ? std::span<const uint8_t>()
                          : file_.subspan(section->fileOffset + size_t{within}, backed - within);
}

std::optional<uint32_t> ImageLayout::fileOffset(uint32_t rva) const {
  const auto bytes = bytesFrom(rva);
  if (bytes.empty())
    return std::nullopt;
  return static_cast<uint32_t>(bytes.data() - file_.data());
}

std::optional<uint32_t> ImageLayout::rvaOfAddress(uint64_t address) const {
  if (address < imageBase || address - imageBase >= sizeOfImage)
    return std::nullopt;
  return static_cast<uint32_t>(address - imageBase);
}

Result<std::span<const uint8_t>> ImageLayout::bytesAt(uint32_t rva, uint64_t size, std::string_view what) const {
  const auto bytes = bytesFrom(rva);
  if (bytes.size() < size)
    return failAt(rva, fmt::format("{}: needs {:#x} bytes here, the file has {:#x}", what, size, bytes.size()));
  return bytes.first(static_cast<size_t>(size));
}

Result<std::string_view> ImageLayout::nameAt(uint32_t rva, std::string_view what) const {
  const auto bytes = bytesFrom(rva);
  const std::string_view window(reinterpret_cast<const char *>(bytes.data()),
                                std::min(bytes.size(), maxNameLength + 1));
  const size_t end = window.find('\0');
  if (end == std::string_view::npos)
    return failAt(rva, fmt::format("{}: the name has no end within {:#x} bytes", what, window.size()));
  return window.substr(0, end);
}

} // namespace hotgate::analyzer
