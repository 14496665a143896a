// The wine prefix that runs on this host start from: made once, kept in the cache (about 85 MiB), never written to
// again. A run lays a file system of its own over it.
#pragma once

#include "harness/vm/cache.h"

namespace hotgate::harness {

// The folder to give to WineSandbox::start. Errors: input, when wine or unshare is not installed; fault, when it could
// not be made.
Result<std::filesystem::path> provideWinePrefix(const std::filesystem::path &cache, const Progress &progress);

} // namespace hotgate::harness
