// Reads a PDB through LLVM's native reader, on any host.
#pragma once

#include "analyzer/image/image.h"
#include "analyzer/symbols/symbols.h"
#include "support/result.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hotgate::analyzer {

// Errors: input, when the file is no PDB, is damaged, or belongs to another build (GUID or age differ from the
// image's debug directory).
Result<Symbols> readPdb(const std::filesystem::path &path, const Image &image);

struct PdbHead {
  PdbIdentity identity;    // its path is empty
  bool isStripped = false; // made without private symbols
};

// Errors: input, when the file is no PDB or is damaged.
Result<PdbHead> readPdbHead(const std::filesystem::path &path);

// What the PDB of an image may be called: as the linker recorded it, without its folder, and the image's own name with
// .pdb. Empty when the image has none.
std::vector<std::string> pdbNames(const Image &image);

// The PDB of an image in a folder: under the name that the linker recorded, or the image's own name with .pdb.
// nullopt when the folder has neither.
std::optional<std::filesystem::path> findPdb(const Image &image, const std::filesystem::path &folder);

} // namespace hotgate::analyzer
