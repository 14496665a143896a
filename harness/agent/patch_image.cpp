#include "harness/agent/patch_image.h"

#include "analyzer/image/hotpatch_format.h"
#include "harness/agent/bounded_bytes.h"

#include <algorithm>
#include <set>

namespace hotgate::harness::agent {
namespace {

constexpr uint32_t callDeadlineMs = 10'000;
constexpr uint64_t largestFile = 512U << 20;

auto malformed(const std::string &entity, std::string place, std::string reason) {
  return refuse(entity, std::move(place), std::move(reason), "build the hotpatch image again",
                hotpatch::status::invalidImageFormat);
}

Outcome<std::vector<uint8_t>> readFile(const std::string &path) {
  const UniqueHandle file(CreateFileW(wide(path).c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING,
                                      FILE_ATTRIBUTE_NORMAL, nullptr));
  LARGE_INTEGER size{};
  if (file.get() == INVALID_HANDLE_VALUE || !GetFileSizeEx(file.get(), &size))
    return refuseLastError(path, "opening the hotpatch image", "check the path");
  if (size.QuadPart <= 0 || static_cast<uint64_t>(size.QuadPart) > largestFile)
    return malformed(path, "", fmt::format("{} bytes is no size of an image", size.QuadPart));
  std::vector<uint8_t> bytes(static_cast<size_t>(size.QuadPart));
  DWORD done = 0;
  if (!ReadFile(file.get(), bytes.data(), static_cast<DWORD>(bytes.size()), &done, nullptr) || done != bytes.size())
    return refuseLastError(path, "reading the hotpatch image");
  return bytes;
}

// Base relocations for an image at `address` ("PE Format", the .reloc section).
Outcome<> relocate(PatchImage &image, uint64_t address) {
  const uint64_t delta = address - image.headers.imageBase;
  if (delta == 0)
    return {};
  if (image.headers.relocationsStripped)
    return refuse(image.name, "", "it has no base relocations and its preferred address is taken",
                  "link it with /dynamicbase", hotpatch::status::conflictingAddresses);
  const ImageDirectory where = image.headers.directories[directory::relocations];
  const uint64_t end = uint64_t{where.rva} + where.size;
  for (uint64_t block = where.rva; block + 8 <= end;) {
    const auto page = readAt<uint32_t>(image.bytes, block);
    const auto size = readAt<uint32_t>(image.bytes, block + 4);
    if (!page || !size || *size < 8 || block + *size > end)
      return malformed(image.name, fmt::format("base relocations, RVA {:#x}", block), "the block ends outside");
    for (uint64_t at = block + 8; at + 2 <= block + *size; at += 2) {
      const auto entry = readAt<uint16_t>(image.bytes, at);
      const uint64_t place = uint64_t{*page} + (entry.value_or(0) & 0xFFFU);
      const uint16_t type = entry.value_or(0) >> 12;
      if (type == 0) // padding
        continue;
      const auto value = readAt<uint64_t>(image.bytes, place);
      if (type != 10 || !value || !writeAt<uint64_t>(image.bytes, place, *value + delta))
        return malformed(image.name, fmt::format("base relocation of RVA {:#x}", place),
                         fmt::format("type {} is not for x64, or the place is outside the image", type));
    }
    block += *size;
  }
  return {};
}

// INVERSE records: slots of the patch that point into the base, or take over what the base's slot holds.
Outcome<> bindToBase(PatchImage &image, const RemoteMemory &memory, const Module &base) {
  for (const SlotRecord &record : image.metadata.absolute)
    if (!writeAt<uint64_t>(image.bytes, record.slot, base.base + record.baseRva))
      return malformed(image.name, fmt::format("slot {:#x}", record.slot), "it is outside the image");
  for (const SlotRecord &record : image.metadata.indirect) {
    AGENT_TRY(const uint64_t value, memory.readValue<uint64_t>(base.base + record.baseRva));
    if (!writeAt<uint64_t>(image.bytes, record.slot, value))
      return malformed(image.name, fmt::format("slot {:#x}", record.slot), "it is outside the image");
  }
  return {};
}

Outcome<std::string> importName(const PatchImage &image, const std::string &dll, uint64_t lookup) {
  if (lookup >> 63 != 0)
    return fmt::format("#{}", lookup & 0xFFFF);
  const auto name = textAt(image.bytes, (lookup & 0x7FFFFFFF) + 2);
  if (!name)
    return malformed(image.name, "imports of " + dll, "a name lies outside the image");
  return std::string(*name);
}

// The imports that no INDIRECT record has bound.
Outcome<> bindImports(PatchImage &image, RemoteExports &exports) {
  std::set<uint64_t> bound;
  for (const SlotRecord &record : image.metadata.indirect)
    bound.insert(record.slot);
  const uint32_t table = image.headers.directories[directory::importTable].rva;
  constexpr uint64_t descriptorSize = 20;
  for (uint64_t at = table; table != 0; at += descriptorSize) { // ends at a null descriptor or the image's end
    const auto lookups = readAt<uint32_t>(image.bytes, at);
    const auto nameRva = readAt<uint32_t>(image.bytes, at + 12);
    const auto slots = readAt<uint32_t>(image.bytes, at + 16);
    if (!lookups || !nameRva || !slots)
      return malformed(image.name, "import table", "it does not end inside the image");
    if (*nameRva == 0 && *slots == 0)
      return {};
    const auto dll = textAt(image.bytes, *nameRva);
    if (!dll)
      return malformed(image.name, "import table", "a DLL's name lies outside the image");
    for (uint64_t index = 0;; ++index) {
      const auto lookup = readAt<uint64_t>(image.bytes, uint64_t{*lookups != 0 ? *lookups : *slots} + 8 * index);
      if (!lookup)
        return malformed(image.name, "imports of " + std::string(*dll), "the list does not end inside the image");
      if (*lookup == 0)
        break;
      const uint64_t slot = uint64_t{*slots} + 8 * index;
      if (bound.contains(slot))
        continue;
      AGENT_TRY(const std::string name, importName(image, std::string(*dll), *lookup));
      AGENT_TRY(const uint64_t address, exports.resolve(std::string(*dll), name));
      if (!writeAt<uint64_t>(image.bytes, slot, address))
        return malformed(image.name, "imports of " + std::string(*dll), "a slot lies outside the image");
    }
  }
  return {};
}

uint32_t protectionOf(const ImageSection &section) {
  if (section.isExecutable())
    return section.isWritable() ? PAGE_EXECUTE_READWRITE : PAGE_EXECUTE_READ;
  return section.isWritable() ? PAGE_READWRITE : PAGE_READONLY;
}

Outcome<> protectSections(const PatchImage &image, const RemoteMemory &memory, uint64_t address) {
  AGENT_CHECK(memory.protect(address, image.headers.sizeOfHeaders, PAGE_READONLY));
  for (const ImageSection &section : image.headers.sections)
    if (section.extent() != 0)
      AGENT_CHECK(memory.protect(address + section.rva, section.extent(), protectionOf(section)));
  return {};
}

} // namespace

Outcome<PatchImage> PatchImage::load(const std::string &path) {
  AGENT_TRY(const auto file, readFile(path));
  PatchImage image;
  image.name = path.substr(path.find_last_of("\\/") + 1);
  AGENT_TRY(image.headers, parseHeaders(image.name, file));
  const auto legacy = [](const ImageSection &section) { return section.name == hotpatch::legacySectionName; };
  if (std::any_of(image.headers.sections.begin(), image.headers.sections.end(), legacy))
    return malformed(image.name, "section .hotp1", "it is a hotpatch of the 2003 format");
  AGENT_TRY(image.bytes, layOut(image.name, image.headers, file));
  AGENT_TRY(image.metadata, parseMetadata(image.name, image.headers, image.bytes));
  return image;
}

std::optional<uint32_t> PatchImage::exportedRva(std::string_view symbol) const {
  const uint64_t table = headers.directories[directory::exportTable].rva;
  const auto count = readAt<uint32_t>(bytes, table + 24);
  const auto functions = readAt<uint32_t>(bytes, table + 28);
  const auto names = readAt<uint32_t>(bytes, table + 32);
  const auto ordinals = readAt<uint32_t>(bytes, table + 36);
  if (table == 0 || !count || !functions || !names || !ordinals)
    return std::nullopt;
  for (uint64_t index = 0; index < *count; ++index) {
    const auto nameRva = readAt<uint32_t>(bytes, *names + 4 * index);
    const auto ordinal = readAt<uint16_t>(bytes, *ordinals + 2 * index);
    if (!nameRva || !ordinal)
      return std::nullopt;
    if (textAt(bytes, *nameRva) == symbol)
      return readAt<uint32_t>(bytes, *functions + 4 * uint64_t{*ordinal});
  }
  return std::nullopt;
}

Outcome<MappedPatch> MappedPatch::map(PatchImage image, const RemoteMemory &memory, const Module &base,
                                      RemoteCaller &caller) {
  AGENT_TRY(auto exports, RemoteExports::create(memory));
  AGENT_TRY(const uint64_t addFunctionTable, exports.resolve("ntdll.dll", "RtlAddFunctionTable"));
  AGENT_TRY(const uint64_t deleteFunctionTable, exports.resolve("ntdll.dll", "RtlDeleteFunctionTable"));
  AGENT_TRY(const uint64_t address, memory.allocateNear(base, image.headers.sizeOfImage));
  MappedPatch mapped(memory, caller, address);
  AGENT_CHECK(relocate(image, address));
  AGENT_CHECK(bindToBase(image, memory, base));
  AGENT_CHECK(bindImports(image, exports));
  AGENT_CHECK(memory.write(address, image.bytes));
  AGENT_CHECK(protectSections(image, memory, address));

  constexpr uint32_t entrySize = 12; // RUNTIME_FUNCTION
  const ImageDirectory unwind = image.headers.directories[directory::exceptions];
  if (unwind.rva == 0 || unwind.size < entrySize)
    return mapped;
  if (!fits(image.bytes, unwind.rva, unwind.size))
    return malformed(image.name, "exception directory", "it ends outside the image");
  AGENT_TRY(const uint64_t added,
            caller.call(addFunctionTable, {address + unwind.rva, unwind.size / entrySize, address, 0}, callDeadlineMs));
  if ((added & 0xFF) == 0)
    return refuse(image.name, "exception directory", "RtlAddFunctionTable in the process refused it");
  mapped.functionTable_ = address + unwind.rva;
  mapped.deleteFunctionTable_ = deleteFunctionTable;
  return mapped;
}

MappedPatch::MappedPatch(MappedPatch &&other) noexcept
    : memory_(other.memory_), caller_(other.caller_), address_(std::exchange(other.address_, 0)),
      functionTable_(other.functionTable_), deleteFunctionTable_(other.deleteFunctionTable_), keep_(other.keep_) {}

MappedPatch::~MappedPatch() {
  if (address_ == 0 || keep_)
    return;
  // A function table must not outlive its memory: when it cannot be taken back, the memory stays.
  if (functionTable_ != 0 && !caller_->call(deleteFunctionTable_, {functionTable_, 0, 0, 0}, callDeadlineMs))
    return;
  memory_.free(address_);
}

} // namespace hotgate::harness::agent
