// Who owns an RVA: one lookup for functions, data and the format's tables.
//
// A comparison asks this millions of times, so the owners lie sorted in one array, and a coarse index says where in it
// to begin. Where ranges overlap (an export in the middle of another function) the one that begins first keeps the
// bytes.
#pragma once

#include "analyzer/code/function.h"
#include "analyzer/code/image_structures.h"

#include <span>
#include <vector>

namespace hotgate::analyzer {

struct Owner {
  enum class Kind : uint8_t { function, datum, structure };
  CodeRange range;
  uint32_t index = 0; // of the function, datum or structure
  int32_t part = -1;  // fragment of a function, -1 for its body
  Kind kind = Kind::function;
};

class Ownership {
public:
  Ownership() = default;
  Ownership(uint32_t sizeOfImage, const std::vector<Function> &functions, const std::vector<Datum> &data,
            const std::vector<Structure> &structures);

  [[nodiscard]] const Owner *at(uint32_t rva) const;                   // nullptr where nobody owns the byte
  [[nodiscard]] std::span<const Owner> all() const { return owners_; } // by RVA, without overlaps or empty ranges

private:
  std::vector<Owner> owners_;
  std::vector<uint32_t> firstOfGranule_; // index of the first owner that ends behind the granule's first byte
};

} // namespace hotgate::analyzer
