// The user's cache folder: guest image, snapshots, the accelerator probe. Each entry is a folder named by its kind and
// the hash of everything it was made from, so an entry never goes stale; it is only no longer asked for. After each
// build, entries of the same kind that nobody asked for in 14 days are removed.
#pragma once

#include "support/result.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace hotgate::harness {

// For people, about what takes long: "building the guest image (about a minute, once)".
using Progress = std::function<void(std::string_view)>;

// ${XDG_CACHE_HOME:-~/.cache}/hotgate
Result<std::filesystem::path> defaultCacheFolder();

// The folder of an entry, built by `build` into an empty temporary folder first when it is missing. Two processes that
// want the same entry: one builds, the other waits. An interrupted build leaves a temporary folder that the next one
// removes, never an entry.
Result<std::filesystem::path> cacheEntry(const std::filesystem::path &cache, const std::string &name,
                                         const std::function<Result<>(const std::filesystem::path &)> &build);

// Removes an entry that turned out to be damaged.
Result<> dropCacheEntry(const std::filesystem::path &entry);

struct CacheEntry {
  std::string name; // "layer-dns-0123...": the kind, and the hash of what it was made from
  uintmax_t bytes = 0;
  std::chrono::system_clock::time_point lastUse;

  [[nodiscard]] std::string kind() const { return name.substr(0, name.find('-')); }
};
// Sorted by name. No cache folder: no entries.
Result<std::vector<CacheEntry>> listCache(const std::filesystem::path &cache);
// Removes those of these kinds that were not asked for since then, and gives their names; what another process holds
// stays.
Result<std::vector<std::string>> pruneCache(const std::filesystem::path &cache, const std::vector<std::string> &kinds,
                                            std::chrono::system_clock::time_point unusedSince);

} // namespace hotgate::harness
