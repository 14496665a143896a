// A new folder for files on their way, removed with all that is in it when the object goes.
#pragma once

#include "support/result.h"

#include <filesystem>

namespace hotgate {

class ScratchFolder {
public:
  // In an existing folder, under a name that nobody has. Errors: fault, when it cannot be made.
  static Result<ScratchFolder> make(const std::filesystem::path &parent);

  // In the system's folder for such ($TMPDIR).
  static Result<ScratchFolder> makeTemporary();

  ScratchFolder(ScratchFolder &&other) noexcept;
  ScratchFolder(const ScratchFolder &) = delete;
  ScratchFolder &operator=(const ScratchFolder &) = delete;
  ScratchFolder &operator=(ScratchFolder &&) = delete;
  ~ScratchFolder();

  [[nodiscard]] const std::filesystem::path &path() const { return path_; }

private:
  explicit ScratchFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

} // namespace hotgate
