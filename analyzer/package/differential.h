// Files that say how another file changes, instead of what they hold: Microsoft's delta compression ("PA30" and its
// kin). Only Windows's own library expands them, so they are named and not evaluated.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace hotgate::analyzer {

// "PA30 differential", "manifest compressed as PA30 differential"; nullopt when the bytes begin like neither. A
// differential of the servicing stack's folders f, r and n has a checksum of four bytes in front.
std::optional<std::string> differentialKind(std::span<const uint8_t> bytes);

} // namespace hotgate::analyzer
