#include "analyzer/package/psf_index.h"

#include "analyzer/package/xml.h"
#include "support/printable_text.h"
#include "support/sha256.h"

#include <llvm/ADT/StringRef.h>

namespace hotgate::analyzer {

namespace {

constexpr const char *getItAgain = "get the package again: its size and hash should match the publisher's";

// Elements come one by one; a Source belongs to the File before it, a Hash to the Source when it lies in it.
class IndexReader {
public:
  explicit IndexReader(const std::string &entity) : entity_(entity) {}

  void read(const XmlElement &element) {
    if (element.name == "Container" && element.depth == 0) {
      index_.container = element.text("name");
    } else if (element.name == "File" && element.depth == 2) {
      index_.files.push_back({element.text("name"), {}, 0, 0, {}});
    } else if (index_.files.empty()) {
      return;
    } else if (element.name == "Source" && element.depth == 4 && index_.files.back().type.empty()) {
      PsfFile &file = index_.files.back();
      file.type = element.text("type");
      file.offset = number(file, element, "offset");
      file.length = number(file, element, "length");
    } else if (element.name == "Hash" && element.depth == 5 && element.text("alg") == "SHA256") {
      index_.files.back().sha256 = llvm::StringRef(element.text("value")).lower();
    }
  }

  Result<PsfIndex> finish() {
    HOTGATE_CHECK(numbers_);
    for (const PsfFile &file : index_.files)
      if (file.type.empty())
        return failInput(entity_, fmt::format("file '{}'", printable(file.name)), "has no source", getItAgain);
    return std::move(index_);
  }

private:
  uint64_t number(const PsfFile &file, const XmlElement &element, std::string_view attribute) {
    uint64_t value = 0;
    const std::string text = element.text(attribute);
    if (llvm::StringRef(text).getAsInteger(10, value) && numbers_)
      numbers_ = failInput(entity_, fmt::format("file '{}'", printable(file.name)),
                           fmt::format("its {} '{}' is no number", attribute, printable(text)), getItAgain);
    return value;
  }

  const std::string &entity_;
  PsfIndex index_;
  Result<> numbers_;
};

} // namespace

Result<PsfIndex> readPsfIndex(std::span<const uint8_t> bytes, const std::string &entity) {
  IndexReader reader(entity);
  HOTGATE_CHECK(readXml(bytes, entity, [&](const XmlElement &element) { reader.read(element); }));
  return reader.finish();
}

Result<std::span<const uint8_t>> psfBytes(const PsfFile &file, std::span<const uint8_t> psf,
                                          const std::string &entity) {
  const std::string place = fmt::format("file '{}', offset {:#x}", printable(file.name), file.offset);
  if (file.offset > psf.size() || file.length > psf.size() - file.offset)
    return failInput(entity, place,
                     fmt::format("the file ends before its data do (need {:#x} bytes there, the file has {:#x})",
                                 file.length, psf.size()),
                     getItAgain);
  const auto bytes = psf.subspan(file.offset, file.length);
  if (!file.sha256.empty() && sha256Hex(bytes) != file.sha256)
    return failInput(entity, place, "its SHA-256 is not the one of the index", getItAgain);
  return bytes;
}

} // namespace hotgate::analyzer
