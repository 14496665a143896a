// Cabinets (MSCF), through libmspack: an .msu of before 2023, the packages in it, and one compressed file (x.pd_).
//
// Limits: one cabinet at a time. One that continues in another is refused; Windows updates have none.
#pragma once

#include "analyzer/package/expansion.h"
#include "support/result.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace hotgate::analyzer {

[[nodiscard]] bool isCabinet(std::span<const uint8_t> bytes);

// Expands every file to `folder`. `entity` names the cabinet in errors. Errors: input, with the offset, for a cabinet
// that is damaged, whose files lie over one another, or that the budget or a file name forbids.
Result<> expandCabinet(std::span<const uint8_t> bytes, const std::string &entity, const std::filesystem::path &folder,
                       Expansion &expansion);

} // namespace hotgate::analyzer
