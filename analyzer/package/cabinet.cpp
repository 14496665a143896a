#include "analyzer/package/cabinet.h"

#include "analyzer/package/new_file.h"
#include "support/log.h"
#include "support/printable_text.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mspack.h>
#include <new>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace hotgate::analyzer {

namespace {

constexpr const char *getItAgain = "get the package again: its size and hash should match the publisher's";

// What libmspack reads and writes through: the cabinet in memory, one new file. It opens by name only; the names here
// stand for the two.
struct CabinetSystem : mspack_system {
  explicit CabinetSystem(std::span<const uint8_t> bytes);
  std::span<const uint8_t> input;
  NewFile *output = nullptr;
  size_t lastRead = 0; // where in the cabinet: the place of an error
};
constexpr const char *inputName = "cabinet";
constexpr const char *outputName = "file";

struct Stream {
  CabinetSystem *system;
  bool isOutput;
  size_t position;
};

Stream *streamOf(mspack_file *file) { return reinterpret_cast<Stream *>(file); }

mspack_file *openStream(mspack_system *self, const char * /*name*/, int mode) {
  auto *stream = new (std::nothrow) Stream{static_cast<CabinetSystem *>(self), mode != MSPACK_SYS_OPEN_READ, 0};
  return reinterpret_cast<mspack_file *>(stream);
}

void closeStream(mspack_file *file) { delete streamOf(file); }

int readStream(mspack_file *file, void *buffer, int bytes) {
  Stream *stream = streamOf(file);
  if (stream->isOutput || bytes < 0)
    return -1;
  const std::span<const uint8_t> input = stream->system->input;
  stream->system->lastRead = std::min(stream->position, input.size());
  const size_t left = stream->position < input.size() ? input.size() - stream->position : 0;
  const size_t count = std::min(left, static_cast<size_t>(bytes));
  if (count > 0)
    std::memcpy(buffer, input.data() + stream->position, count);
  stream->position += count;
  return static_cast<int>(count);
}

int writeStream(mspack_file *file, void *buffer, int bytes) {
  Stream *stream = streamOf(file);
  if (!stream->isOutput || bytes < 0 || !stream->system->output->write(buffer, static_cast<size_t>(bytes)))
    return -1;
  return bytes;
}

int seekStream(mspack_file *file, off_t offset, int mode) {
  Stream *stream = streamOf(file);
  const auto size = static_cast<off_t>(stream->system->input.size());
  const off_t base = mode == MSPACK_SYS_SEEK_START ? 0
                     : mode == MSPACK_SYS_SEEK_END ? size
                                                   : static_cast<off_t>(stream->position);
  off_t target = 0;
  if (__builtin_add_overflow(base, offset, &target) || target < 0)
    return -1;
  stream->position = static_cast<size_t>(target);
  return 0;
}

off_t tellStream(mspack_file *file) { return static_cast<off_t>(streamOf(file)->position); }
void ignoreMessage(mspack_file * /*file*/, const char * /*format*/, ...) {}
void *allocate(mspack_system * /*self*/, size_t bytes) { return std::malloc(bytes); }
void copyBytes(void *from, void *to, size_t bytes) { std::memcpy(to, from, bytes); }

CabinetSystem::CabinetSystem(std::span<const uint8_t> bytes)
    : mspack_system{openStream,    closeStream, readStream, writeStream, seekStream, tellStream,
                    ignoreMessage, allocate,    std::free,  copyBytes,   nullptr},
      input(bytes) {}

const char *reasonOf(int code) {
  switch (code) {
  case MSPACK_ERR_READ:
  case MSPACK_ERR_SEEK:
    return "the cabinet ends before its data do";
  case MSPACK_ERR_SIGNATURE:
    return "the signature of a cabinet is missing";
  case MSPACK_ERR_CHECKSUM:
    return "a checksum does not match its data";
  case MSPACK_ERR_DECRUNCH:
    return "the compressed data are damaged";
  case MSPACK_ERR_NOMEMORY:
    return "there is not enough memory to decompress it";
  default:
    return "the structure of the cabinet is damaged";
  }
}

std::string asUtf8Name(const mscabd_file &file) {
  if ((file.attribs & MSCAB_ATTRIB_UTF_NAME) != 0)
    return file.filename;
  std::string name;
  for (const char *next = file.filename; *next != '\0'; ++next) {
    const auto byte = static_cast<unsigned char>(*next); // ISO-8859-1 is the first 256 of Unicode
    if (byte < 0x80) {
      name += *next;
    } else {
      name += static_cast<char>(0xc0 | (byte >> 6));
      name += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return name;
}

class Cabinet {
public:
  Cabinet(std::span<const uint8_t> bytes, const std::string &entity)
      : system_(bytes), entity_(entity), decompressor_(mspack_create_cab_decompressor(&system_)) {}
  Cabinet(const Cabinet &) = delete;
  Cabinet &operator=(const Cabinet &) = delete;
  ~Cabinet() {
    if (cabinet_ != nullptr)
      decompressor_->close(decompressor_, cabinet_);
    if (decompressor_ != nullptr)
      mspack_destroy_cab_decompressor(decompressor_);
  }

  Result<> open() {
    if (decompressor_ == nullptr)
      return failFault(entity_, "", "libmspack cannot be started", "check the memory of this machine");
    cabinet_ = decompressor_->open(decompressor_, inputName);
    if (cabinet_ == nullptr)
      return damaged(decompressor_->last_error(decompressor_));
    if ((cabinet_->flags & (MSCAB_HDR_PREVCAB | MSCAB_HDR_NEXTCAB)) != 0)
      return failInput(entity_, "offset 0x1e", "is one part of a set of cabinets",
                       "expand the set with a tool of your own and give the folder instead");
    std::unordered_map<const mscabd_folder *, size_t> numbers;
    for (const mscabd_folder *folder = cabinet_->folders; folder != nullptr; folder = folder->next)
      numbers.emplace(folder, numbers.size());
    for (mscabd_file *file = cabinet_->files; file != nullptr; file = file->next)
      files_.push_back(file);
    // One pass over every folder of the cabinet: libmspack decompresses from its beginning when a file lies before the
    // last one.
    std::ranges::stable_sort(files_, {}, [&](const mscabd_file *file) {
      return std::tuple(numbers[file->folder], file->offset, file->length);
    });
    return {};
  }

  // A folder is decompressed up to the end of its last file, whatever of it is written.
  Result<> charge(Expansion &expansion) const {
    const mscabd_folder *folder = nullptr;
    uint64_t end = 0;
    for (const mscabd_file *file : files_) {
      if (file->folder != folder) {
        folder = file->folder;
        end = 0;
      }
      if (file->offset < end)
        return failInput(entity_, "", fmt::format("the file '{}' lies over another one", printable(file->filename)),
                         "do not use this package: it was not made by a packer that means well");
      const uint64_t next = uint64_t{file->offset} + file->length;
      HOTGATE_CHECK(expansion.charge(next - end, 1));
      end = next;
    }
    return {};
  }

  Result<> expandTo(const std::filesystem::path &folder) {
    std::vector<std::string> names; // all are known to be safe before the first is written
    for (size_t i = 0; i < files_.size(); ++i) {
      HOTGATE_TRY(std::string name, safeName(asUtf8Name(*files_[i]), entity_, fmt::format("file {}", i + 1)));
      names.push_back(std::move(name));
    }
    for (size_t i = 0; i < files_.size(); ++i) {
      if (i > 0 && i % 256 == 0) // most cabinets are done before anybody has read their name
        log::progress(fmt::format("expand {}, {} of {} files", printable(entity_), i, files_.size()));
      HOTGATE_CHECK(expandFile(*files_[i], folder, names[i]));
    }
    return {};
  }

private:
  Result<> expandFile(mscabd_file &file, const std::filesystem::path &folder, const std::string &name) {
    HOTGATE_TRY(NewFile output, NewFile::create(folder, name, entity_));
    system_.output = &output;
    const int code = decompressor_->extract(decompressor_, &file, outputName);
    system_.output = nullptr;
    if (code == MSPACK_ERR_WRITE)
      return output.failure();
    if (code != MSPACK_ERR_OK)
      return damaged(code, fmt::format("file '{}', ", printable(name)));
    return {};
  }

  Failure damaged(int code, const std::string &file = {}) const {
    return failInput(entity_, fmt::format("{}offset {:#x}", file, system_.lastRead), reasonOf(code), getItAgain);
  }

  CabinetSystem system_;
  const std::string &entity_;
  mscab_decompressor *decompressor_;
  mscabd_cabinet *cabinet_ = nullptr;
  std::vector<mscabd_file *> files_;
};

} // namespace

bool isCabinet(std::span<const uint8_t> bytes) {
  return bytes.size() >= 4 && std::memcmp(bytes.data(), "MSCF", 4) == 0;
}

Result<> expandCabinet(std::span<const uint8_t> bytes, const std::string &entity, const std::filesystem::path &folder,
                       Expansion &expansion) {
  Cabinet cabinet(bytes, entity);
  HOTGATE_CHECK(cabinet.open());
  HOTGATE_CHECK(cabinet.charge(expansion));
  return cabinet.expandTo(folder);
}

} // namespace hotgate::analyzer
