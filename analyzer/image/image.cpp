#include "analyzer/image/image.h"

#include "analyzer/image/debug_directory.h"
#include "analyzer/image/exception_directory.h"
#include "analyzer/image/export_directory.h"
#include "analyzer/image/hotpatch_format.h"
#include "analyzer/image/image_layout.h"
#include "analyzer/image/import_directory.h"
#include "analyzer/image/load_configuration.h"
#include "analyzer/image/relocation_directory.h"

#include <algorithm>
#include <cassert>
#include <llvm/BinaryFormat/COFF.h>
#include <llvm/Object/COFF.h>
#include <llvm/Support/Endian.h>

namespace hotgate::analyzer {

struct Image::Contents {
  MappedFile file;
  ImageLayout layout;
  std::vector<FunctionRange> functionRanges;
  std::vector<Export> exports;
  std::vector<Import> imports;
  std::vector<BaseRelocation> relocations;
  DebugDirectory debug;
  std::optional<LoadConfiguration> loadConfiguration;
  std::unique_ptr<llvm::object::COFFObjectFile> coff;
};

namespace {

// An image of managed code alone has no functions that we could compare.
Result<> refuseManagedOnly(const ImageLayout &layout) {
  constexpr uint32_t flagsOffset = 16; // of IMAGE_COR20_HEADER.Flags
  constexpr uint32_t ilOnly = 1;
  const DirectoryRange range = layout.directory(Directory::clr);
  if (range.rva == 0)
    return {};
  HOTGATE_TRY(const auto flags, layout.recordsAt<llvm::support::ulittle32_t>(range.rva + flagsOffset, 1, "CLR header"));
  if ((flags.front() & ilOnly) != 0)
    return layout.failAt(range.rva, "the image has managed (.NET) code only, which Hotgate does not compare",
                         "leave this image out: hotpatches do not apply to managed code");
  return {};
}

// LLVM keeps pointers to these directories without asking how many file bytes are behind them.
Result<> checkDirectoriesForLlvm(const ImageLayout &layout) {
  constexpr std::pair<Directory, std::string_view> used[] = {{Directory::tls, "TLS directory"},
                                                             {Directory::debug, "debug directory"},
                                                             {Directory::loadConfiguration, "load configuration"}};
  for (const auto &[which, name] : used) {
    const DirectoryRange range = layout.directory(which);
    if (range.rva != 0)
      HOTGATE_CHECK(layout.bytesAt(range.rva, range.size, name));
  }
  return {};
}

Result<std::unique_ptr<llvm::object::COFFObjectFile>> openInLlvm(const ImageLayout &layout, const std::string &name) {
  HOTGATE_CHECK(checkDirectoriesForLlvm(layout));
  const auto file = layout.file();
  const llvm::StringRef text(reinterpret_cast<const char *>(file.data()), file.size());
  auto coff = llvm::object::COFFObjectFile::create(llvm::MemoryBufferRef(text, name));
  if (!coff)
    return layout.failAtOffset(0, "LLVM refuses the image: " + llvm::toString(coff.takeError()));
  return std::move(*coff);
}

} // namespace

std::string_view machineName(Machine machine) {
  switch (machine) {
  case Machine::x64:
    return "x64";
  case Machine::arm64:
    return "arm64";
  case Machine::x86:
    return "x86";
  }
  return "";
}

std::string PdbIdentity::guidText() const {
  // A GUID's first three fields are little-endian integers.
  constexpr std::array<size_t, 16> order{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  std::string text;
  for (const size_t index : order)
    text += fmt::format("{:02X}", guid[index]);
  return text;
}

Image::Image(std::unique_ptr<Contents> contents) : contents_(std::move(contents)) {}
Image::Image(Image &&) noexcept = default;
Image &Image::operator=(Image &&) noexcept = default;
Image::~Image() = default;

Result<Image> Image::open(const std::filesystem::path &path) {
  HOTGATE_TRY(MappedFile file, MappedFile::open(path));
  HOTGATE_TRY(ImageLayout layout, ImageLayout::parse(path.string(), file.bytes()));
  HOTGATE_CHECK(refuseManagedOnly(layout));
  HOTGATE_TRY(auto functionRanges, readFunctionRanges(layout));
  HOTGATE_TRY(auto exports, readExports(layout));
  HOTGATE_TRY(auto imports, readImports(layout));
  HOTGATE_TRY(auto relocations, readRelocations(layout));
  HOTGATE_TRY(auto debug, readDebugDirectory(layout));
  HOTGATE_TRY(auto loadConfiguration, readLoadConfiguration(layout));
  HOTGATE_TRY(auto coff, openInLlvm(layout, path.string()));
  return Image(std::make_unique<Contents>(Contents{.file = std::move(file),
                                                   .layout = std::move(layout),
                                                   .functionRanges = std::move(functionRanges),
                                                   .exports = std::move(exports),
                                                   .imports = std::move(imports),
                                                   .relocations = std::move(relocations),
                                                   .debug = std::move(debug),
                                                   .loadConfiguration = loadConfiguration,
                                                   .coff = std::move(coff)}));
}

const std::filesystem::path &Image::path() const { return contents_->file.path(); }
std::string Image::moduleName() const { return path().filename().string(); }
std::span<const uint8_t> Image::fileBytes() const { return contents_->file.bytes(); }
const llvm::object::COFFObjectFile &Image::coff() const { return *contents_->coff; }

FileExtent Image::coffSymbolTable() const {
  using llvm::support::endian::read32le;
  const llvm::object::COFFObjectFile &coff = *contents_->coff;
  const uint64_t offset = coff.getPointerToSymbolTable();
  // LLVM multiplies in 32 bits, so that a count of 2^31 seems to fit.
  const uint64_t strings = offset + uint64_t{coff.getRawNumberOfSymbols()} * sizeof(llvm::object::coff_symbol16);
  constexpr uint32_t sizeField = 4; // counts itself; some linkers write 0 for a table without strings
  const auto file = fileBytes();
  if (offset == 0 || strings + sizeField > file.size())
    return {};
  const uint64_t end = strings + std::max(sizeField, read32le(&file[strings]));
  if (end > file.size())
    return {};
  return {.offset = static_cast<uint32_t>(offset), .size = static_cast<uint32_t>(end - offset)};
}

Machine Image::machine() const { return contents_->layout.machine; }
bool Image::is64() const { return contents_->layout.is64; }
uint32_t Image::timestamp() const { return contents_->layout.timestamp; }
uint32_t Image::checksum() const { return contents_->layout.checksum; }
uint32_t Image::sizeOfImage() const { return contents_->layout.sizeOfImage; }
uint32_t Image::sizeOfHeaders() const { return contents_->layout.sizeOfHeaders; }
uint64_t Image::imageBase() const { return contents_->layout.imageBase; }
uint32_t Image::entryPoint() const { return contents_->layout.entryPoint; }
DirectoryRange Image::directory(Directory which) const { return contents_->layout.directory(which); }
uint32_t Image::extendedCharacteristics() const { return contents_->debug.extendedCharacteristics; }

bool Image::isHotpatchCompatible() const {
  return (contents_->debug.extendedCharacteristics & hotpatch::extendedCharacteristicHotpatchCompatible) != 0;
}

std::span<const Section> Image::sections() const { return contents_->layout.sections; }
std::span<const FunctionRange> Image::functionRanges() const { return contents_->functionRanges; }
std::span<const Export> Image::exports() const { return contents_->exports; }
std::span<const Import> Image::imports() const { return contents_->imports; }
std::span<const BaseRelocation> Image::relocations() const { return contents_->relocations; }
const std::optional<PdbIdentity> &Image::pdb() const { return contents_->debug.pdb; }
const std::optional<LoadConfiguration> &Image::loadConfiguration() const { return contents_->loadConfiguration; }

const Section *Image::sectionAt(uint32_t rva) const { return contents_->layout.sectionAt(rva); }

const Import *Image::importAtSlot(uint32_t slotRva) const {
  const auto at = std::ranges::lower_bound(contents_->imports, slotRva, {}, &Import::slotRva);
  return at != contents_->imports.end() && at->slotRva == slotRva ? &*at : nullptr;
}

bool Image::isRelocated(uint32_t rva) const {
  const auto at = std::ranges::lower_bound(contents_->relocations, rva, {}, &BaseRelocation::rva);
  const uint8_t pointerType = is64() ? llvm::COFF::IMAGE_REL_BASED_DIR64 : llvm::COFF::IMAGE_REL_BASED_HIGHLOW;
  return at != contents_->relocations.end() && at->rva == rva && at->type == pointerType;
}

Result<std::span<const uint8_t>> Image::bytesAt(uint32_t rva, uint32_t size) const {
  return contents_->layout.bytesAt(rva, size, "image bytes");
}
std::span<const uint8_t> Image::bytesFrom(uint32_t rva) const { return contents_->layout.bytesFrom(rva); }
std::span<const uint8_t> Image::bytesFrom(uint32_t rva, size_t most) const {
  const auto bytes = bytesFrom(rva);
  return bytes.first(std::min(bytes.size(), most));
}
std::optional<uint32_t> Image::rvaOfAddress(uint64_t address) const { return contents_->layout.rvaOfAddress(address); }
std::optional<uint32_t> Image::fileOffset(uint32_t rva) const { return contents_->layout.fileOffset(rva); }

std::optional<uint32_t> Image::pointerAt(uint32_t rva) const {
  const uint32_t size = is64() ? 8 : 4;
  const auto bytes = bytesFrom(rva);
  if (bytes.size() < size)
    return std::nullopt;
  return rvaOfAddress(size == 8 ? llvm::support::endian::read64le(bytes.data())
                                : llvm::support::endian::read32le(bytes.data()));
}

} // namespace hotgate::analyzer
