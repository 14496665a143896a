// Windows images (MSWIM), through wimlib: an .msu of Windows Server 2025.
//
// Limits: whole WIMs only, no part of a split one. A WIM with links (reparse points) is refused: an update has none,
// and a link could lead what is expanded after it out of the folder.
#pragma once

#include "analyzer/package/expansion.h"
#include "support/result.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace hotgate::analyzer {

[[nodiscard]] bool isWim(std::span<const uint8_t> bytes);

// Expands the files of the one image to `folder`, those of several to the folders "1", "2" and so on. `entity` names
// the WIM in errors. Errors: input, for one that is damaged or that the budget or a file name forbids.
Result<> expandWim(const std::filesystem::path &file, const std::string &entity, const std::filesystem::path &folder,
                   Expansion &expansion);

} // namespace hotgate::analyzer
