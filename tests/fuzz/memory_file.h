// A file that exists in memory only, for code that opens a path: no input of the fuzzer goes through a disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace hotgate::fuzz {

class MemoryFile {
public:
  MemoryFile();
  MemoryFile(const MemoryFile &) = delete;
  MemoryFile &operator=(const MemoryFile &) = delete;
  ~MemoryFile();

  void replace(std::span<const uint8_t> bytes) const;                  // the whole content
  void overwrite(size_t offset, std::span<const uint8_t> bytes) const; // in place; a map of it sees that
  [[nodiscard]] std::filesystem::path path() const;

private:
  int descriptor_;
};

} // namespace hotgate::fuzz
