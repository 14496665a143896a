#include "analyzer/package/differential.h"

#include <array>
#include <string_view>

namespace hotgate::analyzer {

namespace {

constexpr std::array<std::string_view, 4> signatures = {"PA19", "PA30", "PA31", "PA32"};

std::optional<std::string> signatureAt(std::span<const uint8_t> bytes, size_t offset) {
  if (bytes.size() < offset + 4)
    return std::nullopt;
  const std::string_view found(reinterpret_cast<const char *>(bytes.data()) + offset, 4);
  for (const std::string_view signature : signatures)
    if (found == signature)
      return std::string(signature);
  return std::nullopt;
}

} // namespace

std::optional<std::string> differentialKind(std::span<const uint8_t> bytes) {
  const auto signature = signatureAt(bytes, 4);
  const bool isManifest = bytes.size() >= 4 && bytes[0] == 'D' && bytes[1] == 'C' && bytes[3] == 1; // "DCM\1"
  if (signature && isManifest)
    return "manifest compressed as " + *signature + " differential";
  if (const auto plain = signatureAt(bytes, 0))
    return *plain + " differential";
  if (signature)
    return *signature + " differential";
  return std::nullopt;
}

} // namespace hotgate::analyzer
