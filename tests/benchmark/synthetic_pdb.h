// Writes PDBs of any number of procedures and structs, so that reading and comparing types can be measured.
//
// What is in one is a function of its description: structs with members, arrays, pointers to and copies of each other,
// bit fields and virtual functions; procedures with parameters in registers, lines and a public name. The post PDB has
// one member more in one struct of a thousand.
#pragma once

#include "analyzer/image/image.h"
#include "support/result.h"

#include <filesystem>

namespace hotgate::benchmark {

struct SyntheticPdb {
  uint32_t procedures = 60'000;
  uint32_t structs = 12'000;
  bool post = false;
};

// A PDB that belongs to the image, whose first section must have room for the procedures (64 bytes each).
// Errors: input, when it has not, or when the file cannot be written.
Result<> writeSyntheticPdb(const SyntheticPdb &description, const analyzer::Image &image,
                           const std::filesystem::path &path);

} // namespace hotgate::benchmark
