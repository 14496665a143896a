#include "support/output_file.h"

#include "support/mapped_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace hotgate {
namespace {

Result<> synchronize(const std::filesystem::path &path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool isSynchronized = descriptor >= 0 && fsync(descriptor) == 0;
  const int problem = errno;
  if (descriptor >= 0)
    close(descriptor);
  if (isSynchronized)
    return {};
  return failInput(path.string(), "", fmt::format("cannot be written to the disk: {}", std::strerror(problem)),
                   "check the disk");
}

} // namespace

Result<> writeFileDurably(const std::filesystem::path &path, std::string_view text) {
  const std::filesystem::path whole = path.string() + ".whole";
  HOTGATE_CHECK(writeFile(whole, text));
  HOTGATE_CHECK(synchronize(whole));
  if (std::rename(whole.c_str(), path.c_str()) != 0)
    return failInput(path.string(), "", fmt::format("cannot be written: {}", std::strerror(errno)),
                     "check the folder and its permissions");
  return synchronize(path.parent_path());
}

Result<> writeFile(const std::filesystem::path &path, std::string_view text) {
  // A device or a pipe takes the bytes as they come: renaming a file over `/dev/null` would replace it.
  std::error_code unknown;
  const std::filesystem::file_status status = std::filesystem::status(path, unknown);
  const bool isStream = std::filesystem::exists(status) && std::filesystem::is_other(status);
  auto part = path;
  if (!isStream)
    part += ".part";
  const auto refuse = [&](int error) {
    std::error_code ignored; // the write failed already; that is what is reported
    if (!isStream)
      std::filesystem::remove(part, ignored);
    return failInput(path.string(), "", fmt::format("cannot be written: {}", std::strerror(error)),
                     "check the folder and its permissions");
  };
  std::FILE *file = std::fopen(part.c_str(), "wb");
  if (file == nullptr)
    return refuse(errno);
  const bool isWritten = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const int writeError = errno;
  if (std::fclose(file) != 0 || !isWritten)
    return refuse(isWritten ? errno : writeError);
  if (!isStream && std::rename(part.c_str(), path.c_str()) != 0)
    return refuse(errno);
  return {};
}

Result<> writeStandardOutput(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    return failFault("standard output", "", std::strerror(errno), "check the disk or the reader of the pipe");
  return {};
}

Result<> writeResult(const std::optional<std::filesystem::path> &path, std::string_view text) {
  return path ? writeFile(*path, text) : writeStandardOutput(text);
}

Result<std::string> readFile(const std::filesystem::path &path) {
  constexpr size_t largest = size_t{64} << 20;
  HOTGATE_TRY(const MappedFile file, MappedFile::open(path));
  if (file.bytes().size() > largest)
    return failInput(path.string(), "", "is larger than 64 MiB", "give the file that Hotgate wrote");
  return std::string(file.bytes().begin(), file.bytes().end());
}

} // namespace hotgate
