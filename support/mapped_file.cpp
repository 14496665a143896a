#include "support/mapped_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace hotgate {

namespace {

Failure cannotOpen(const std::filesystem::path &path, const char *reason) {
  return failInput(path.string(), "", reason, "check the path and its permissions");
}

} // namespace

Result<MappedFile> MappedFile::open(const std::filesystem::path &path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return cannotOpen(path, std::strerror(errno));
  struct stat status{};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor);
    return cannotOpen(path, "not a regular file");
  }
  if (status.st_size == 0) {
    ::close(descriptor);
    return cannotOpen(path, "the file is empty");
  }
  const auto size = static_cast<size_t>(status.st_size);
  void *data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  const int mapError = errno;
  ::close(descriptor);
  if (data == MAP_FAILED)
    return cannotOpen(path, std::strerror(mapError));
  return MappedFile(path, static_cast<const uint8_t *>(data), size);
}

MappedFile::MappedFile(MappedFile &&other) noexcept
    : path_(std::move(other.path_)), data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile &MappedFile::operator=(MappedFile &&other) noexcept {
  std::swap(path_, other.path_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr)
    ::munmap(const_cast<uint8_t *>(data_), size_);
}

} // namespace hotgate
