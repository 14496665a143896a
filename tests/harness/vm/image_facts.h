// The facts that a lab run needs, from the images alone: sections of the base, records of the hotpatch.
#pragma once

#include "analyzer/facts/database.h"

#include <filesystem>

namespace hotgate::harness {

Result<> writeImageFacts(facts::Database &facts, const std::filesystem::path &preImage,
                         const std::filesystem::path &hotpatchImage);

} // namespace hotgate::harness
