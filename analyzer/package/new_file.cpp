#include "analyzer/package/new_file.h"

#include "support/printable_text.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace hotgate::analyzer {

namespace {

constexpr const char *checkTheDisk = "check the free space and the permissions of the folder";

} // namespace

Result<NewFile> NewFile::create(const std::filesystem::path &folder, const std::string &name,
                                const std::string &entity) {
  const std::filesystem::path path = folder / name;
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error)
    return failInput(entity, "", fmt::format("the folder of '{}' cannot be made: {}", printable(name), error.message()),
                     checkTheDisk);
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor < 0 && errno == EEXIST)
    return failInput(entity, "", fmt::format("has the file '{}' twice", printable(name)),
                     "get the package again from where it is published");
  if (descriptor < 0)
    return failInput(entity, "", fmt::format("'{}' cannot be written: {}", printable(name), std::strerror(errno)),
                     checkTheDisk);
  return NewFile(descriptor, path.string());
}

NewFile::NewFile(NewFile &&other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)), error_(other.error_) {}

NewFile::~NewFile() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

bool NewFile::write(const void *bytes, size_t size) {
  const auto *next = static_cast<const char *>(bytes);
  while (size > 0) {
    const ssize_t written = ::write(descriptor_, next, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0) {
      error_ = errno;
      return false;
    }
    next += written;
    size -= static_cast<size_t>(written);
  }
  return true;
}

Failure NewFile::failure() const {
  return failFault(path_, "", fmt::format("cannot be written: {}", std::strerror(error_)), checkTheDisk);
}

} // namespace hotgate::analyzer
