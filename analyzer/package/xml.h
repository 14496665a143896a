// The XML files of a package (manifests, the index of a .psf), element by element, through expat.
//
// A document type declaration is refused: packages have none, and its entities can grow without end.
#pragma once

#include "support/result.h"

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace hotgate::analyzer {

struct XmlElement {
  std::string_view name; // without its namespace prefix
  unsigned depth = 0;    // 0: the root
  std::map<std::string_view, std::string_view> attributes;

  [[nodiscard]] std::string text(std::string_view attribute) const; // "" when absent
};

// Calls `visit` for every element when it begins. Errors: input, with the line, for XML that is not well formed.
Result<> readXml(std::span<const uint8_t> bytes, const std::string &entity,
                 const std::function<void(const XmlElement &)> &visit);

} // namespace hotgate::analyzer
