// Finds the data of a program: what symbols name, and where those are silent, what code and pointers refer to.
//
// Without symbols a datum begins where a reference leads and ends where the next one begins: it is a place that can be
// told apart, not a variable with a known size.
#pragma once

#include "analyzer/code/function.h"
#include "analyzer/code/image_structures.h"
#include "analyzer/symbols/symbols.h"

#include <vector>

namespace hotgate::analyzer {

struct DataIndex {
  std::vector<Datum> data; // by RVA, without overlaps, outside of functions and structures
  // RVAs of the 4-byte fields in data that hold an RVA without a relocation (run_time_types.h), ascending.
  std::vector<uint32_t> imageRelativeFields;
};

DataIndex indexData(const Image &image, const Symbols &symbols, const std::vector<Structure> &structures,
                    const std::vector<Function> &functions);

} // namespace hotgate::analyzer
