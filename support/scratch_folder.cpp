#include "support/scratch_folder.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace hotgate {

Result<ScratchFolder> ScratchFolder::make(const std::filesystem::path &parent) {
  std::string pattern = (parent / ".hotgate-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr)
    return failFault(parent.string(), "", fmt::format("no folder can be made in it: {}", std::strerror(errno)),
                     "check the free space and the permissions of the folder");
  return ScratchFolder(pattern);
}

Result<ScratchFolder> ScratchFolder::makeTemporary() {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
  if (error)
    return failFault("TMPDIR", "", error.message(), "set it to a folder that exists");
  return make(parent);
}

ScratchFolder::ScratchFolder(ScratchFolder &&other) noexcept : path_(std::exchange(other.path_, {})) {}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored; // what stays takes room and nothing else
  if (!path_.empty())
    std::filesystem::remove_all(path_, ignored);
}

} // namespace hotgate
