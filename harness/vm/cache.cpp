// Limits: flock(2), so a cache on a network file system without locks is not safe for two machines at once.
#include "harness/vm/cache.h"

#include "harness/vm/file_descriptor.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
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

constexpr std::chrono::days unusedLimit{14};

Result<FileDescriptor> lockEntry(const fs::path &entry, int operation) {
  const std::string path = entry.string() + ".lock";
  FileDescriptor lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.isOpen() || flock(lock.get(), operation) != 0)
    return cacheFailure(path, std::strerror(errno));
  return lock;
}

// An entry's time says when it was asked for last.
fs::path used(fs::path entry) {
  std::error_code ignored;
  fs::last_write_time(entry, fs::file_time_type::clock::now(), ignored);
  return entry;
}

bool isUnused(const fs::path &entry) {
  std::error_code error;
  const auto time = fs::last_write_time(entry, error);
  return !error && time < fs::file_time_type::clock::now() - unusedLimit;
}

// Under the entry's lock. Renamed first: an entry is whole or not there.
Result<> removeLocked(const fs::path &entry) {
  const fs::path temporary = entry.string() + ".tmp";
  std::error_code error;
  fs::remove_all(temporary, error);
  fs::rename(entry, temporary, error);
  if (error)
    return cacheFailure(entry, error.message());
  fs::remove_all(temporary, error);
  return {};
}

std::string_view kindOf(std::string_view name) { return name.substr(0, name.find('-') + 1); }

// What cannot be removed stays: a run does not fail for it. Lock files stay too; removing one while another process
// waits for it would give two processes the same entry.
void removeUnusedSiblings(const fs::path &entry) {
  const std::string name = entry.filename().string();
  std::error_code error;
  for (fs::directory_iterator each(entry.parent_path(), error), end; !error && each != end; each.increment(error)) {
    const fs::path sibling = each->path();
    const std::string siblingName = sibling.filename().string();
    if (siblingName == name || kindOf(siblingName) != kindOf(name) || sibling.has_extension() || !isUnused(sibling))
      continue;
    if (const auto lock = lockEntry(sibling, LOCK_EX | LOCK_NB); lock && isUnused(sibling))
      (void)removeLocked(sibling);
  }
}

} // namespace

Result<> dropCacheEntry(const fs::path &entry) {
  HOTGATE_TRY(const FileDescriptor lock, lockEntry(entry, LOCK_EX));
  return removeLocked(entry);
}

Result<std::vector<CacheEntry>> listCache(const fs::path &cache) {
  std::vector<CacheEntry> entries;
  std::error_code error;
  if (!fs::exists(cache, error))
    return entries;
  for (fs::directory_iterator each(cache, error), end; !error && each != end; each.increment(error)) {
    const fs::path path = each->path();
    std::error_code gone; // by another process, while we look
    if (!each->is_directory(gone) || path.has_extension() || path.filename().string().find('-') == std::string::npos)
      continue;
    CacheEntry entry{path.filename().string(), 0, std::chrono::file_clock::to_sys(fs::last_write_time(path, gone))};
    for (fs::recursive_directory_iterator file(path, gone), last; !gone && file != last; file.increment(gone))
      if (file->is_regular_file(gone) && !file->is_symlink(gone))
        entry.bytes += file->file_size(gone);
    entries.push_back(std::move(entry));
  }
  if (error)
    return cacheFailure(cache, error.message());
  std::sort(entries.begin(), entries.end(), [](const auto &a, const auto &b) { return a.name < b.name; });
  return entries;
}

Result<std::vector<std::string>> pruneCache(const fs::path &cache, const std::vector<std::string> &kinds,
                                            std::chrono::system_clock::time_point unusedSince) {
  HOTGATE_TRY(const std::vector<CacheEntry> entries, listCache(cache));
  std::vector<std::string> removed;
  for (const CacheEntry &entry : entries) {
    const std::string kind = entry.kind();
    if (entry.lastUse > unusedSince || std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
      continue;
    const auto lock = lockEntry(cache / entry.name, LOCK_EX | LOCK_NB);
    if (!lock)
      continue;
    HOTGATE_CHECK(removeLocked(cache / entry.name));
    removed.push_back(entry.name);
  }
  return removed;
}

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
    return used(entry);
  fs::create_directories(cache, error);
  if (error)
    return cacheFailure(cache, error.message());

  HOTGATE_TRY(const FileDescriptor lock, lockEntry(entry, LOCK_EX));
  if (fs::is_directory(entry, error)) // the other process built it while we waited
    return used(entry);

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
  removeUnusedSiblings(entry);
  return entry;
}

} // namespace hotgate::harness
