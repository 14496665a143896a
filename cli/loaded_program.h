// An image with its symbols, ready to compare.
#pragma once

#include "analyzer/code/program.h"
#include "support/result.h"

#include <filesystem>
#include <optional>
#include <vector>

namespace hotgate::cli {

struct LoadedProgram {
  analyzer::Program program;
  std::optional<std::filesystem::path> pdb; // that the symbols came from; a compressed one as it is in its store
};

// Where the symbols are to come from.
struct SymbolSource {
  std::optional<std::filesystem::path> pdb; // this file and no other
  // Else beside the image, then in these folders and symbol stores, then its COFF symbol table.
  std::vector<std::filesystem::path> folders;
  bool ignore = false; // no symbols but exports
};

// The two images to compare.
struct LoadedPair {
  LoadedProgram pre;
  LoadedProgram post;
};

// Errors: input, for an unusable image, and for a PDB that is there but belongs to another build.
// `budget` as in Program::build().
Result<LoadedProgram> loadProgram(const std::filesystem::path &image, const SymbolSource &symbols,
                                  const Budget &budget);
// Side by side; of two errors, that of `pre`.
Result<LoadedPair> loadPair(const std::filesystem::path &pre, const SymbolSource &preSymbols,
                            const std::filesystem::path &post, const SymbolSource &postSymbols, const Budget &budget);

} // namespace hotgate::cli
