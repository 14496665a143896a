// One reason for which the loader would not apply a hotpatch image: with which status, and what in the image it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace hotgate::analyzer {

struct LoaderRefusal {
  std::optional<uint32_t> status; // NTSTATUS; nullopt: refused, and nobody published with what
  std::optional<size_t> record;   // index into HotpatchTable::records; nullopt: INFO, a base, a chunk
  // The field of the hotpatch image that says what is refused; nullopt where it has none.
  std::optional<uint32_t> rva;
  std::optional<uint32_t> fileOffset;
  std::string place; // the same for people
  std::string reason;
};

// "0xc000007b", or that it is not known.
[[nodiscard]] std::string refusalStatusText(const std::optional<uint32_t> &status);

} // namespace hotgate::analyzer
