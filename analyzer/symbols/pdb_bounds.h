// What must hold of a PDB's container before LLVM's reader may work on it.
//
// LLVM checks what it reads, but believes three sizes: the number of blocks in the super block (it allocates a bit for
// each), the sizes of streams (the same blocks listed again and again make gigabytes of a small file), and the stream
// of a module (one stream for each of a thousand modules is read a thousand times). With these bounded, the work that a
// PDB causes is in proportion to its size. So the reader stays in this process: a child of its own, as LIEF has one,
// would cost a copy of all symbols, and every access of LLVM's that is left was fuzzed (tests/fuzz/pdb_fuzz.cpp).
#pragma once

#include "support/result.h"

#include <cstdint>
#include <filesystem>
#include <set>
#include <span>

namespace llvm::pdb {
class PDBFile;
}

namespace hotgate::analyzer {

inline constexpr const char *getTheRightPdb =
    "take the PDB from the same build, or from the symbol store by GUID and age";

// Before LLVM sees the file. Errors: input, when it has fewer blocks than its super block says.
Result<> checkSuperBlock(const std::filesystem::path &path, std::span<const uint8_t> file);

// Behind PDBFile::parseStreamData(). Errors: input, when the streams together are larger than the file.
Result<> checkStreamSizes(const std::filesystem::path &path, const llvm::pdb::PDBFile &file);

// Behind PDBFile::parseStreamData(). Errors: input, when a hash table that LLVM loads has a greater capacity than its
// stream has bytes (the named streams, the adjustments of type hashes).
Result<> checkHashTables(const std::filesystem::path &path, const llvm::pdb::PDBFile &file);

// Streams of modules, each of which belongs to one module.
class ModuleStreams {
public:
  // Errors: input, when the stream was another module's.
  Result<> claim(const std::filesystem::path &path, uint16_t stream);

private:
  std::set<uint16_t> claimed_;
};

} // namespace hotgate::analyzer
