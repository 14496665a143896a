#include "tests/fuzz/memory_file.h"

#include <cstdlib>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace hotgate::fuzz {

MemoryFile::MemoryFile() : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {
  if (descriptor_ < 0)
    std::abort();
}

MemoryFile::~MemoryFile() { ::close(descriptor_); }

void MemoryFile::replace(std::span<const uint8_t> bytes) const {
  if (::ftruncate(descriptor_, 0) != 0)
    std::abort();
  overwrite(0, bytes);
}

void MemoryFile::overwrite(size_t offset, std::span<const uint8_t> bytes) const {
  if (::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset)) !=
      static_cast<ssize_t>(bytes.size()))
    std::abort();
}

std::filesystem::path MemoryFile::path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

} // namespace hotgate::fuzz
