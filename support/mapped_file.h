// A file mapped read-only into memory. Large images are never copied; every view borrows from the map.
#pragma once

#include "support/result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace hotgate {

class MappedFile {
public:
  // Errors: input, when the path is missing, not a regular file, unreadable or empty.
  static Result<MappedFile> open(const std::filesystem::path &path);

  MappedFile(MappedFile &&other) noexcept;
  MappedFile &operator=(MappedFile &&other) noexcept;
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;
  ~MappedFile();

  [[nodiscard]] std::span<const uint8_t> bytes() const { return {data_, size_}; }
  [[nodiscard]] const std::filesystem::path &path() const { return path_; }

private:
  MappedFile(std::filesystem::path path, const uint8_t *data, size_t size)
      : path_(std::move(path)), data_(data), size_(size) {}

  std::filesystem::path path_;
  const uint8_t *data_ = nullptr;
  size_t size_ = 0;
};

} // namespace hotgate
