// What people call a place of an image: by its symbols, exports and imports, else by section. For images that were not
// made into a Program: nothing is decoded.
#pragma once

#include "analyzer/image/image.h"
#include "analyzer/symbols/symbols.h"

#include <string>
#include <string_view>
#include <vector>

namespace hotgate::analyzer {

struct NamedPlace {
  uint32_t rva = 0;
  uint32_t size = 0; // 0: not known
  std::string_view name;
};

// Borrows from the image and the symbols.
class PlaceNames {
public:
  PlaceNames(const Image &image, const Symbols &symbols);

  // "ParseOptions", "g_statistics+0x8", "kernel32.dll!Sleep", ".rdata+0x40". Hostile names are cut.
  [[nodiscard]] std::string describe(uint32_t rva) const;
  // All symbols and named exports that begin there.
  [[nodiscard]] std::span<const NamedPlace> at(uint32_t rva) const;
  // The nearest symbol that begins at or before `rva` in its section and does not end before it.
  [[nodiscard]] const NamedPlace *containing(uint32_t rva) const;
  [[nodiscard]] std::span<const NamedPlace> all() const { return places_; } // by RVA, sized ones first, then name

private:
  const Image &image_;
  std::vector<NamedPlace> places_;
};

// The variable or function that a linkage name names, without what the compiler adds for types and the machine:
// "?g_leases@dhcp@@3HA" and "dhcp::g_leases" are the same. `machine`: x86 puts an underscore in front of C names.
[[nodiscard]] std::string plainName(std::string_view name, Machine machine);

} // namespace hotgate::analyzer
