// Limits: flock(2), so a cache on a network file system without locks is not safe for two machines at once.
#include "harness/vm/cache.h"

#include "harness/vm/file_descriptor.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;

Failure cacheFailure(const fs::path &path, const std::string &reason) {
  return failInput(path.string(), "", reason, "make the folder writable, or set XDG_CACHE_HOME to another one");
}

} // namespace

Result<fs::path> defaultCacheFolder() {
  if (const char *xdg = std::getenv("XDG_CACHE_HOME"); xdg != nullptr && *xdg == '/') // NOLINT: read only
    return fs::path(xdg) / "hotgate";
  if (const char *home = std::getenv("HOME"); home != nullptr && *home == '/') // NOLINT: read only
    return fs::path(home) / ".cache" / "hotgate";
  return failInput("cache folder", "", "neither XDG_CACHE_HOME nor HOME names an absolute path", "set XDG_CACHE_HOME");
}

Result<fs::path> cacheEntry(const fs::path &cache, const std::string &name,
                            const std::function<Result<>(const fs::path &)> &build) {
  fs::path entry = cache / name;
  std::error_code error;
  if (fs::is_directory(entry, error))
    return entry;
  fs::create_directories(cache, error);
  if (error)
    return cacheFailure(cache, error.message());

  const fs::path lockPath = cache / (name + ".lock");
  const FileDescriptor lock(open(lockPath.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.isOpen() || flock(lock.get(), LOCK_EX) != 0)
    return cacheFailure(lockPath, std::strerror(errno));
  if (fs::is_directory(entry, error)) // the other process built it while we waited
    return entry;

  const fs::path temporary = cache / (name + ".tmp");
  fs::remove_all(temporary, error);
  if (error || !fs::create_directory(temporary, error))
    return cacheFailure(temporary, error.message());
  if (auto built = build(temporary); !built) {
    fs::remove_all(temporary, error);
    return Failure(std::move(built).error());
  }
  fs::rename(temporary, entry, error);
  if (error)
    return cacheFailure(entry, error.message());
  return entry;
}

} // namespace hotgate::harness
