// Base64 (RFC 4648 with padding), strict: the guest agent's file contents.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hotgate::harness {

std::string encodeBase64(std::span<const uint8_t> bytes);
// nullopt for anything that encodeBase64 does not make.
std::optional<std::string> decodeBase64(std::string_view text);

} // namespace hotgate::harness
