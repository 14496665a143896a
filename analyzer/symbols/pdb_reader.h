// Reads a PDB through LLVM's native reader, on any host.
#pragma once

#include "analyzer/image/image.h"
#include "analyzer/symbols/symbols.h"
#include "support/result.h"

#include <filesystem>
#include <optional>

namespace hotgate::analyzer {

// Errors: input, when the file is no PDB, is damaged, or belongs to another build (GUID or age differ from the
// image's debug directory).
Result<Symbols> readPdb(const std::filesystem::path &path, const Image &image);

// The PDB of an image in a folder: under the name that the linker recorded, or the image's own name with .pdb.
// nullopt when the folder has neither.
std::optional<std::filesystem::path> findPdb(const Image &image, const std::filesystem::path &folder);

} // namespace hotgate::analyzer
