// SHA-256 as lower-case hex: input identities and finding fingerprints.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace hotgate {

[[nodiscard]] std::string sha256Hex(std::span<const uint8_t> bytes);
[[nodiscard]] std::string sha256Hex(std::string_view text);

} // namespace hotgate
