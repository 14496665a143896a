// Which bytes of an image are code that no known function begins at: a bit for each, because millions of calls and
// pointers ask, and nearly all of them lead to a function that is known.
#pragma once

#include "analyzer/image/image.h"

#include <cstdint>
#include <vector>

namespace hotgate::analyzer {

class CodePlaces {
public:
  // All file-backed bytes of executable sections; they are no more than the file has.
  explicit CodePlaces(const Image &image);

  // A function begins here.
  void add(uint32_t rva) {
    for (Part &part : parts_)
      if (part.contains(rva))
        part.isEntry[rva - part.rva] = true;
  }

  // False for the beginning of a known function, and where no code can be.
  [[nodiscard]] bool mayBeUnknown(uint32_t rva) const {
    for (const Part &part : parts_)
      if (part.contains(rva))
        return !part.isEntry[rva - part.rva];
    return false;
  }

private:
  struct Part {
    uint32_t rva = 0;
    std::vector<bool> isEntry;
    [[nodiscard]] bool contains(uint32_t address) const { return address >= rva && address - rva < isEntry.size(); }
  };

  std::vector<Part> parts_; // one for each executable section
};

} // namespace hotgate::analyzer
