#include "support/sha256.h"

#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/SHA256.h>

namespace hotgate {

std::string sha256Hex(std::span<const uint8_t> bytes) {
  const auto digest = llvm::SHA256::hash({bytes.data(), bytes.size()});
  return llvm::toHex(llvm::ArrayRef<uint8_t>(digest), /*LowerCase=*/true);
}

std::string sha256Hex(std::string_view text) {
  return sha256Hex(std::span(reinterpret_cast<const uint8_t *>(text.data()), text.size()));
}

} // namespace hotgate
