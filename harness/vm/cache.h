// The user's cache folder: guest image, snapshots, the accelerator probe. Each entry is a folder named by its kind and
// the hash of everything it was made from, so an entry never goes stale; it is only no longer asked for. After each
// build, entries of the same kind that nobody asked for in 14 days are removed.
#pragma once

#include "support/result.h"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

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

} // namespace hotgate::harness
