#include "corpus/tools/portable_executable.h"

#include "analyzer/image/hotpatch_format.h"

#include <algorithm>
#include <cstring>
#include <llvm/Support/Endian.h>
#include <llvm/Support/MathExtras.h>

namespace hotgate::corpus {
namespace {

namespace endian = llvm::support::endian;
using llvm::object::coff_section;
using llvm::object::COFFObjectFile;
using llvm::object::pe32_header;
using llvm::object::pe32plus_header;
static_assert(offsetof(pe32_header, SizeOfInitializedData) == offsetof(pe32plus_header, SizeOfInitializedData));
static_assert(offsetof(pe32_header, SizeOfImage) == offsetof(pe32plus_header, SizeOfImage));
static_assert(offsetof(pe32_header, SizeOfHeaders) == offsetof(pe32plus_header, SizeOfHeaders));
static_assert(offsetof(pe32_header, CheckSum) == offsetof(pe32plus_header, CheckSum));

constexpr char sectionName[] = ".hotp";

Failure refuse(const PortableExecutable &image, std::string place, llvm::Error error) {
  return failInput(image.entity(), std::move(place), llvm::toString(std::move(error)), "build the image again");
}

std::string lower(llvm::StringRef text) { return text.lower(); }

// The sum over 16-bit words with the checksum field taken as 0, carries folded in, plus the file's length
// ("PE Format": what IMAGHELP's CheckSumMappedFile computes).
uint32_t imageChecksum(std::span<const uint8_t> file, size_t checksumOffset) {
  uint64_t sum = 0;
  for (size_t at = 0; at < file.size(); at += 2) {
    if (at == checksumOffset || at == checksumOffset + 2)
      continue;
    sum += file[at] | (at + 1 < file.size() ? file[at + 1] << 8 : 0);
  }
  while (sum > 0xFFFF)
    sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<uint32_t>(sum + file.size());
}

uint32_t optionalHeaderOffset(const PortableExecutable &image) {
  return image.coff().getDOSHeader()->AddressOfNewExeHeader + 4 + sizeof(llvm::object::coff_file_header);
}

// A copy of the file with room for one more section header, and where that header goes.
struct RoomyFile {
  std::vector<uint8_t> bytes;
  size_t headerAt = 0;
  uint32_t shift = 0; // how far everything behind the headers moved in the file; RVAs never move
};

// Whatever names a place in the file, not in memory, follows the shift: sections, COFF symbols, debug data.
Result<> moveFilePointers(const PortableExecutable &image, RoomyFile &file) {
  const auto move = [&](size_t field) {
    if (const uint32_t old = endian::read32le(&file.bytes[field]); old != 0)
      endian::write32le(&file.bytes[field], old + file.shift);
  };
  const auto *header = image.coff().getCOFFHeader();
  const size_t optionalAt = optionalHeaderOffset(image);
  move(optionalAt - sizeof *header + offsetof(llvm::object::coff_file_header, PointerToSymbolTable));
  const size_t sectionsAt = optionalAt + header->SizeOfOptionalHeader;
  for (size_t index = 0; index < header->NumberOfSections; ++index)
    move(sectionsAt + index * sizeof(coff_section) + offsetof(coff_section, PointerToRawData));
  const auto entries = image.coff().debug_directories();
  if (entries.empty())
    return {};
  const auto *directory = image.coff().getDataDirectory(llvm::COFF::DEBUG_DIRECTORY);
  HOTGATE_TRY(const uint32_t debugAt, image.fileOffset(directory->RelativeVirtualAddress, directory->Size));
  for (size_t index = 0; entries.begin() + index != entries.end(); ++index)
    move(debugAt + file.shift + index * sizeof(llvm::object::debug_directory) +
         offsetof(llvm::object::debug_directory, PointerToRawData));
  return {};
}

// Linkers fill the headers up to the file alignment, so there is room by luck only (a mingw build has some ten sections
// of the C runtime's DWARF); else the headers grow by one alignment unit.
Result<RoomyFile> withRoomForSection(const PortableExecutable &image) {
  const auto *header = image.coff().getCOFFHeader();
  const OptionalHeader optional = image.optionalHeader();
  RoomyFile file{{image.bytes().begin(), image.bytes().end()}, 0, 0};
  file.headerAt = size_t{optionalHeaderOffset(image)} + header->SizeOfOptionalHeader +
                  size_t{header->NumberOfSections} * sizeof(coff_section);
  const size_t headersEnd = optional.sizeOfHeaders;
  if (file.headerAt > headersEnd || headersEnd > file.bytes.size())
    return failInput(image.entity(), "optional header", "SizeOfHeaders does not hold the section table",
                     "link the image again");
  if (file.headerAt + sizeof(coff_section) > headersEnd) {
    for (const auto &section : image.coff().sections())
      if (image.coff().getCOFFSection(section)->VirtualAddress < headersEnd + optional.fileAlignment)
        return failInput(image.entity(), fmt::format("offset {:#x}", file.headerAt),
                         "no room for one more section header", "link with fewer sections");
    file.shift = optional.fileAlignment;
    file.bytes.insert(file.bytes.begin() + static_cast<ptrdiff_t>(headersEnd), file.shift, 0);
    HOTGATE_CHECK(moveFilePointers(image, file));
  }
  const auto room = std::span(file.bytes).subspan(file.headerAt, sizeof(coff_section));
  if (std::any_of(room.begin(), room.end(), [](uint8_t byte) { return byte != 0; }))
    return failInput(image.entity(), fmt::format("offset {:#x}", file.headerAt),
                     "something stands behind the section table (bound imports?)", "link without it");
  return file;
}

// File offset of the load configuration's HotPatchTableOffset.
Result<uint32_t> hotPatchTableField(const PortableExecutable &image) {
  const auto *directory = image.coff().getDataDirectory(llvm::COFF::LOAD_CONFIG_TABLE);
  const uint32_t field =
      image.is64() ? hotpatch::tableOffsetIn64BitLoadConfiguration : hotpatch::tableOffsetIn32BitLoadConfiguration;
  const uint32_t needed = field + sizeof(uint32_t);
  if (!directory || directory->RelativeVirtualAddress == 0)
    return failInput(image.entity(), "load configuration", "the image has none, so nothing can point to the metadata",
                     "define _load_config_used (or __load_config) in the program");
  HOTGATE_TRY(const auto sizeField, image.read(directory->RelativeVirtualAddress, sizeof(uint32_t)));
  const uint32_t size = endian::read32le(sizeField.data());
  if (directory->Size < needed || size < needed)
    return failInput(image.entity(), "load configuration",
                     fmt::format("it ends before HotPatchTableOffset: directory {:#x} bytes, Size field {:#x}, needed "
                                 "{:#x}",
                                 uint32_t{directory->Size}, size, needed),
                     "define _load_config_used with at least that many bytes");
  return image.fileOffset(directory->RelativeVirtualAddress + field, sizeof(uint32_t));
}

} // namespace

Result<PortableExecutable> PortableExecutable::open(const std::filesystem::path &path) {
  HOTGATE_TRY(MappedFile file, MappedFile::open(path));
  const auto bytes = file.bytes();
  const llvm::MemoryBufferRef buffer(llvm::StringRef(reinterpret_cast<const char *>(bytes.data()), bytes.size()),
                                     "image");
  auto coff = COFFObjectFile::create(buffer);
  if (!coff)
    return failInput(path.string(), "", llvm::toString(coff.takeError()), "give a PE image");
  const uint16_t machine = (*coff)->getMachine();
  const bool isKnown =
      machine == hotpatch::machineAmd64 || machine == hotpatch::machineArm64 || machine == hotpatch::machineI386;
  if (!(*coff)->getDOSHeader() || !((*coff)->getPE32PlusHeader() || (*coff)->getPE32Header()) || !isKnown)
    return failInput(path.string(), "", "it is not a PE image for x64, ARM64 or x86",
                     "give the linked program or library");
  return PortableExecutable(std::move(file), std::move(*coff));
}

OptionalHeader PortableExecutable::optionalHeader() const {
  const auto fields = [](const auto &header) {
    return OptionalHeader{header.SizeOfInitializedData, header.SectionAlignment, header.FileAlignment,
                          header.SizeOfImage,           header.SizeOfHeaders,    header.CheckSum};
  };
  return is64() ? fields(*coff_->getPE32PlusHeader()) : fields(*coff_->getPE32Header());
}

const coff_section *PortableExecutable::sectionAt(uint32_t rva) const {
  for (const auto &reference : coff_->sections()) {
    const coff_section *section = coff_->getCOFFSection(reference);
    if (rva >= section->VirtualAddress && rva - section->VirtualAddress < section->VirtualSize)
      return section;
  }
  return nullptr;
}

bool PortableExecutable::isExecutable(uint32_t rva) const {
  const coff_section *section = sectionAt(rva);
  return section && (section->Characteristics & llvm::COFF::IMAGE_SCN_MEM_EXECUTE) != 0;
}

Result<uint32_t> PortableExecutable::fileOffset(uint32_t rva, uint32_t size) const {
  const coff_section *section = sectionAt(rva);
  const uint64_t within = section ? rva - section->VirtualAddress : 0;
  if (!section || within + size > section->SizeOfRawData || section->PointerToRawData + within + size > bytes().size())
    return failInput(entity(), fmt::format("RVA {:#x}", rva), fmt::format("{} bytes there are not in the file", size),
                     "check the image and its map");
  return static_cast<uint32_t>(section->PointerToRawData + within);
}

Result<std::vector<uint8_t>> PortableExecutable::read(uint32_t rva, uint32_t size) const {
  HOTGATE_TRY(const uint32_t offset, fileOffset(rva, size));
  const auto range = bytes().subspan(offset, size);
  return std::vector<uint8_t>(range.begin(), range.end());
}

Result<std::vector<std::pair<std::string, uint32_t>>> PortableExecutable::everyImportSlot() const {
  std::vector<std::pair<std::string, uint32_t>> slots;
  for (const auto &directory : coff_->import_directories()) {
    llvm::StringRef dll;
    uint32_t table = 0;
    if (auto error = directory.getName(dll))
      return refuse(*this, "import table", std::move(error));
    if (auto error = directory.getImportAddressTableRVA(table))
      return refuse(*this, "import table", std::move(error));
    uint32_t index = 0;
    for (const auto &symbol : directory.lookup_table_symbols()) {
      bool byOrdinal = false;
      uint16_t ordinal = 0;
      llvm::StringRef name;
      auto error = symbol.isOrdinal(byOrdinal);
      if (!error)
        error = byOrdinal ? symbol.getOrdinal(ordinal) : symbol.getSymbolName(name);
      if (error)
        return refuse(*this, "import table of " + dll.str(), std::move(error));
      const std::string what = byOrdinal ? fmt::format("#{}", ordinal) : name.str();
      slots.emplace_back(lower(dll) + "!" + what, table + pointerSize() * index);
      ++index;
    }
  }
  return slots;
}

Result<std::map<std::string, uint32_t>> PortableExecutable::importSlots() const {
  HOTGATE_TRY(const auto all, everyImportSlot());
  return std::map<std::string, uint32_t>(all.begin(), all.end());
}

Result<std::set<uint32_t>> PortableExecutable::guardedFunctions() const {
  if (is64())
    return guardedFunctionsOf(coff_->getLoadConfig64());
  return guardedFunctionsOf(coff_->getLoadConfig32());
}

template <class Fields>
Result<std::set<uint32_t>> PortableExecutable::guardedFunctionsOf(const Fields *configuration) const {
  std::set<uint32_t> functions;
  if (!configuration || configuration->Size < offsetof(Fields, GuardFlags) + 4 ||
      configuration->GuardCFFunctionCount == 0)
    return functions;
  const uint32_t stride = 4 + ((configuration->GuardFlags >> 28) & 0xF);
  const uint64_t count = configuration->GuardCFFunctionCount;
  const uint64_t rva = configuration->GuardCFFunctionTable - coff_->getImageBase();
  if (count > UINT32_MAX / stride || rva > UINT32_MAX)
    return failInput(entity(), "load configuration", "the guard function table is outside the image", "");
  HOTGATE_TRY(const auto table, read(static_cast<uint32_t>(rva), static_cast<uint32_t>(count * stride)));
  for (size_t at = 0; at < table.size(); at += stride)
    functions.insert(endian::read32le(&table[at]));
  return functions;
}

Result<uint32_t> nextSectionRva(const PortableExecutable &image) {
  const OptionalHeader optional = image.optionalHeader();
  const uint64_t alignment = optional.sectionAlignment;
  const uint64_t fileAlignment = optional.fileAlignment;
  if (!llvm::isPowerOf2_64(alignment) || !llvm::isPowerOf2_64(fileAlignment))
    return failInput(image.entity(), "optional header", "an alignment is not a power of two", "link the image again");
  uint64_t end = optional.sizeOfImage;
  for (const auto &reference : image.coff().sections()) {
    const coff_section *section = image.coff().getCOFFSection(reference);
    end = std::max<uint64_t>(end, uint64_t{section->VirtualAddress} + section->VirtualSize);
  }
  end = llvm::alignTo(end, alignment);
  if (end > INT32_MAX)
    return failInput(image.entity(), "optional header", "the image is too large for one more section", "");
  return static_cast<uint32_t>(end);
}

Result<std::vector<uint8_t>> withHotpatchSection(const PortableExecutable &image, std::span<const uint8_t> contents) {
  const OptionalHeader optional = image.optionalHeader();
  const auto *certificates = image.coff().getDataDirectory(llvm::COFF::CERTIFICATE_TABLE);
  if (certificates && certificates->Size != 0)
    return failInput(image.entity(), "certificate table", "the image is signed; a change would break the signature",
                     "make the hotpatch image first, then sign it");
  HOTGATE_TRY(RoomyFile roomy, withRoomForSection(image));
  HOTGATE_TRY(const uint32_t tableField, hotPatchTableField(image));
  HOTGATE_TRY(const uint32_t rva, nextSectionRva(image));

  std::vector<uint8_t> &file = roomy.bytes;
  const auto rawOffset = llvm::alignTo(file.size(), optional.fileAlignment);
  const auto rawSize = llvm::alignTo(contents.size(), optional.fileAlignment);
  file.resize(rawOffset + rawSize);
  std::copy(contents.begin(), contents.end(), file.begin() + static_cast<ptrdiff_t>(rawOffset));

  coff_section section{};
  std::copy(std::begin(sectionName), std::end(sectionName), section.Name);
  section.VirtualSize = static_cast<uint32_t>(contents.size());
  section.VirtualAddress = rva;
  section.SizeOfRawData = static_cast<uint32_t>(rawSize);
  section.PointerToRawData = static_cast<uint32_t>(rawOffset);
  section.Characteristics = llvm::COFF::IMAGE_SCN_CNT_INITIALIZED_DATA | llvm::COFF::IMAGE_SCN_MEM_READ;
  std::memcpy(&file[roomy.headerAt], &section, sizeof section);

  const uint32_t optionalAt = optionalHeaderOffset(image);
  const size_t coffAt = optionalAt - sizeof(llvm::object::coff_file_header);
  endian::write16le(&file[coffAt + offsetof(llvm::object::coff_file_header, NumberOfSections)],
                    static_cast<uint16_t>(image.coff().getNumberOfSections() + 1));
  const auto update = [&](size_t field, uint64_t value) {
    endian::write32le(&file[optionalAt + field], static_cast<uint32_t>(value));
  };
  update(offsetof(pe32plus_header, SizeOfHeaders), optional.sizeOfHeaders + roomy.shift);
  update(offsetof(pe32plus_header, SizeOfImage), llvm::alignTo(rva + contents.size(), optional.sectionAlignment));
  update(offsetof(pe32plus_header, SizeOfInitializedData), optional.sizeOfInitializedData + rawSize);
  endian::write32le(&file[tableField + roomy.shift], rva);

  const size_t checksumAt = optionalAt + offsetof(pe32plus_header, CheckSum);
  endian::write32le(&file[checksumAt], imageChecksum(file, checksumAt));
  return std::move(roomy).bytes;
}

} // namespace hotgate::corpus
