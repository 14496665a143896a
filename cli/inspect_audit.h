// For hotgate inspect --base: a hotpatch image against its base, with the names that symbols give.
#pragma once

#include "analyzer/hotpatch/hotpatch_audit.h"

#include <filesystem>
#include <vector>

namespace hotgate::cli {

struct InspectedBase {
  analyzer::Image image;
  analyzer::HotpatchAudit audit;
};

// Symbols of both images come from beside them, then from these folders and symbol stores, then from their COFF tables.
// Errors: input, for an unusable base, and for a PDB that is there but belongs to another build.
Result<InspectedBase> auditAgainst(const std::filesystem::path &base, const analyzer::Image &hotpatch,
                                   const analyzer::HotpatchReading &reading,
                                   const std::vector<std::filesystem::path> &symbolFolders);

} // namespace hotgate::cli
