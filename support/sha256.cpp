#include "support/sha256.h"

#include <array>
#include <llvm/ADT/StringExtras.h>
#include <openssl/sha.h>

namespace hotgate {

std::string sha256Hex(std::span<const uint8_t> bytes) {
  // OpenSSL's uses the processor's own instructions: six times as fast as portable code, and a KB has gigabytes.
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(bytes.data(), bytes.size(), digest.data());
  return llvm::toHex(digest, /*LowerCase=*/true);
}

std::string sha256Hex(std::string_view text) {
  return sha256Hex(std::span(reinterpret_cast<const uint8_t *>(text.data()), text.size()));
}

} // namespace hotgate
