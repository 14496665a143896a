// The symbols of an image as lld's map file (/map) names them.
//
// On purpose independent of the analyzer: the corpus is the truth that the analyzer is measured against, so it must not
// get its names and addresses from the analyzer's own reader of PDBs.
// Limits: maps written by lld-link; one entry per symbol, absolute symbols left out.
#pragma once

#include "support/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace hotgate::corpus {

struct MapSymbol {
  std::string decorated;
  uint32_t rva = 0;
};

class LinkerMap {
public:
  static Result<LinkerMap> read(const std::filesystem::path &path);
  static Result<LinkerMap> parse(std::string entity, std::string_view text);

  [[nodiscard]] const std::string &entity() const { return entity_; }
  [[nodiscard]] const std::vector<MapSymbol> &symbols() const { return symbols_; } // by name, then RVA

  // The one symbol that `name` means: its decorated name, or the demangled one with or without scope and parameters
  // ("_Z12ParseOptionsPKh", "dhcp::ParseOptions", "ParseOptions"). A closer spelling wins over a looser one. Several
  // symbols at one RVA (folded) are no ambiguity; several RVAs are an error that lists them.
  [[nodiscard]] Result<MapSymbol> find(std::string_view name) const;

private:
  std::string entity_;
  std::vector<MapSymbol> symbols_;
};

} // namespace hotgate::corpus
