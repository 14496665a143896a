// One file, cut into ranges with one owner each: a function's body, a datum, a table of the format, filler, the
// headers.
//
// The ranges cover the whole file, in file order and without overlaps. What nobody owns is a range of its own.
#pragma once

#include "analyzer/code/program.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace hotgate::analyzer {

enum class RangeKind : uint8_t { header, function, datum, structure, filler, signature, symbolTable, unknown };

struct FileRange {
  uint32_t fileOffset = 0;
  uint32_t size = 0;
  std::optional<uint32_t> rva; // headers and what lies outside the image have none
  RangeKind kind = RangeKind::unknown;
  uint32_t owner = 0;   // function, datum or structure index
  int part = -1;        // fragment of a function, -1 for its body
  int32_t section = -1; // index in Image::sections(), -1 outside of them
};

std::vector<FileRange> partitionFile(const Program &program);

} // namespace hotgate::analyzer
