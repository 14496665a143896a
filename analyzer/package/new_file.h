// A file of a package on its way to the disk: made new, never written over, never through a link.
#pragma once

#include "support/result.h"

#include <filesystem>
#include <string>

namespace hotgate::analyzer {

class NewFile {
public:
  // `name` is a safe one (expansion.h); folders that it needs are made below `folder`. Errors: input, when a file of
  // this name is there already; fault, when it cannot be made.
  static Result<NewFile> create(const std::filesystem::path &folder, const std::string &name,
                                const std::string &entity);

  NewFile(NewFile &&other) noexcept;
  NewFile(const NewFile &) = delete;
  NewFile &operator=(const NewFile &) = delete;
  NewFile &operator=(NewFile &&) = delete;
  ~NewFile();

  // False when the disk does not take the bytes; failure() then says why.
  [[nodiscard]] bool write(const void *bytes, size_t size);
  [[nodiscard]] Failure failure() const;

private:
  NewFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  int descriptor_;
  std::string path_;
  int error_ = 0;
};

} // namespace hotgate::analyzer
