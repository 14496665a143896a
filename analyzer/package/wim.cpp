#include "analyzer/package/wim.h"

#include "support/log.h"
#include "support/mapped_file.h"
#include "support/printable_text.h"

#include <array>
#include <cstring>
#include <libxml/xmlerror.h>
#include <llvm/Support/Endian.h>
#include <memory>
#include <optional>
#include <wimlib.h>

namespace hotgate::analyzer {

namespace {

constexpr const char *getItAgain = "get the package again: its size and hash should match the publisher's";

// wimlib reads the XML of a WIM with libxml2, which prints damaged text of a stranger on the terminal as it is.
class SilentXml {
public:
  SilentXml() { xmlSetStructuredErrorFunc(nullptr, ignore); }
  SilentXml(const SilentXml &) = delete;
  SilentXml &operator=(const SilentXml &) = delete;
  ~SilentXml() { xmlSetStructuredErrorFunc(nullptr, nullptr); }

private:
  static void ignore(void * /*context*/, xmlErrorPtr /*error*/) {}
};

struct CloseWim {
  void operator()(WIMStruct *wim) const { wimlib_free(wim); }
};
using Wim = std::unique_ptr<WIMStruct, CloseWim>;

// Tables that wimlib decompresses into memory before anything can be asked.
constexpr uint64_t largestTable = uint64_t{256} << 20;
constexpr size_t headerSize = 208;

struct Table {
  const char *name;
  size_t offset; // of its entry in the header
};
constexpr std::array tables = {Table{"table of resources", 48}, Table{"XML data", 72}, Table{"integrity table", 124}};

// An entry of the header: 7 bytes of size, 1 of flags, 8 of offset, 8 of size when decompressed.
Result<> checkTable(const Table &table, std::span<const uint8_t> bytes, const std::string &entity) {
  const uint64_t sizeAndFlags = llvm::support::endian::read64le(bytes.data() + table.offset);
  const uint64_t size = sizeAndFlags & 0x00ffffffffffffffU;
  const uint64_t offset = llvm::support::endian::read64le(bytes.data() + table.offset + 8);
  const uint64_t unpacked = llvm::support::endian::read64le(bytes.data() + table.offset + 16);
  const std::string place = fmt::format("offset {:#x}", table.offset);
  if (offset > bytes.size() || size > bytes.size() - offset)
    return failInput(entity, place,
                     fmt::format("the file ends before its {} does (at {:#x}, {:#x} bytes; the file has {:#x})",
                                 table.name, offset, size, bytes.size()),
                     getItAgain);
  if (size > largestTable || unpacked > largestTable)
    return failInput(entity, place, fmt::format("the {} has {:#x} bytes, which no update has", table.name, unpacked),
                     getItAgain);
  return {};
}

Result<> checkHeader(std::span<const uint8_t> bytes, const std::string &entity) {
  if (bytes.size() < headerSize)
    return failInput(
        entity, "offset 0x0",
        fmt::format("the file ends inside the WIM header (need {:#x} bytes, have {:#x})", headerSize, bytes.size()),
        getItAgain);
  for (const Table &table : tables)
    HOTGATE_CHECK(checkTable(table, bytes, entity));
  return {};
}

Failure damaged(const std::string &entity, int code) {
  return failInput(entity, "", wimlib_get_error_string(static_cast<wimlib_error_code>(code)), getItAgain);
}

// What a callback of wimlib found; it can only hand back a number.
struct Visit {
  const std::string &entity;
  Expansion &expansion;
  Result<> result;
};

int stopWhenFailed(Visit &visit, Result<> result) {
  visit.result = std::move(result);
  return visit.result ? 0 : -1;
}

int checkMetadata(const wimlib_resource_entry *resource, void *context) {
  auto &visit = *static_cast<Visit *>(context);
  if (resource->is_metadata == 0 || resource->uncompressed_size <= largestTable)
    return 0;
  return stopWhenFailed(visit, failInput(visit.entity, fmt::format("offset {:#x}", resource->offset),
                                         "the list of files is larger than any update's", getItAgain));
}

Result<> checkEntry(const wimlib_dir_entry &entry, Visit &visit) {
  const std::string_view path = entry.full_path;
  if (entry.depth == 0)
    return {};
  HOTGATE_CHECK(safeName(path.substr(1), visit.entity, "list of files"));
  // A name with a separator in it would be a path of its own.
  if (std::string_view(entry.filename).find_first_of("/\\") != std::string_view::npos)
    return failInput(visit.entity, "list of files", fmt::format("the file name '{}' has a separator", printable(path)),
                     "do not use this package: it was not made by a packer that means well");
  if ((entry.attributes & WIMLIB_FILE_ATTRIBUTE_REPARSE_POINT) != 0)
    return failInput(visit.entity, "list of files", fmt::format("'{}' is a link", printable(path)),
                     "do not use this package: an update has no links");
  const bool isFolder = (entry.attributes & WIMLIB_FILE_ATTRIBUTE_DIRECTORY) != 0;
  return visit.expansion.charge(isFolder ? 0 : entry.streams[0].resource.uncompressed_size, 1);
}

int visitEntry(const wimlib_dir_entry *entry, void *context) {
  auto &visit = *static_cast<Visit *>(context);
  return stopWhenFailed(visit, checkEntry(*entry, visit));
}

} // namespace

bool isWim(std::span<const uint8_t> bytes) {
  return bytes.size() >= 8 && std::memcmp(bytes.data(), "MSWIM\0\0\0", 8) == 0;
}

Result<> expandWim(const std::filesystem::path &file, const std::string &entity, const std::filesystem::path &folder,
                   Expansion &expansion) {
  {
    HOTGATE_TRY(const MappedFile mapped, MappedFile::open(file));
    HOTGATE_CHECK(checkHeader(mapped.bytes(), entity));
  }
  log::progress(fmt::format("expand {}", printable(entity)));
  const SilentXml silent;
  WIMStruct *opened = nullptr;
  if (const int code = wimlib_open_wim(file.c_str(), WIMLIB_OPEN_FLAG_ERROR_IF_SPLIT, &opened); code != 0)
    return damaged(entity, code);
  const Wim wim(opened);
  wimlib_wim_info info{};
  if (const int code = wimlib_get_wim_info(wim.get(), &info); code != 0)
    return damaged(entity, code);
  Visit visit{entity, expansion, {}};
  const auto ended = [&](int code) -> Result<> {
    HOTGATE_CHECK(visit.result);
    return code == 0 ? Result<>() : damaged(entity, code);
  };
  HOTGATE_CHECK(ended(wimlib_iterate_lookup_table(wim.get(), 0, checkMetadata, &visit)));
  HOTGATE_CHECK(ended(wimlib_iterate_dir_tree(
      wim.get(), WIMLIB_ALL_IMAGES, "/",
      WIMLIB_ITERATE_DIR_TREE_FLAG_RECURSIVE | WIMLIB_ITERATE_DIR_TREE_FLAG_RESOURCES_NEEDED, visitEntry, &visit)));
  for (uint32_t image = 1; image <= info.image_count; ++image) {
    const std::filesystem::path target = info.image_count == 1 ? folder : folder / std::to_string(image);
    std::error_code error;
    std::filesystem::create_directories(target, error);
    if (error)
      return failFault(target.string(), "", fmt::format("cannot be made: {}", error.message()),
                       "check the free space and the permissions of the folder");
    constexpr int flags = WIMLIB_EXTRACT_FLAG_NO_ACLS | WIMLIB_EXTRACT_FLAG_NO_ATTRIBUTES;
    HOTGATE_CHECK(ended(wimlib_extract_image(wim.get(), static_cast<int>(image), target.c_str(), flags)));
  }
  return {};
}

} // namespace hotgate::analyzer
