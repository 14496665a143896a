// Archives of other people, fetched by the package client of the machine, from wherever that is configured to fetch,
// and kept in the user's cache under their hash. What is not the pinned bytes is never used.
#pragma once

#include "corpus/public/recipe.h"
#include "harness/vm/cache.h"

namespace hotgate::corpus {

// The archive's file in the cache, its hash verified now. Errors: input, when the client cannot get it, or gets other
// bytes.
Result<std::filesystem::path> provideArchive(const Recipe &recipe, const Archive &archive,
                                             const std::filesystem::path &cache, const harness::Progress &progress);

} // namespace hotgate::corpus
