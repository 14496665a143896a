// What must hold of a PDB's container before LLVM's reader may work on it.
//
// LLVM checks what it reads, but believes what it is told of sizes: the number of blocks, of types and of hash buckets
// (it allocates for as many), streams (the same block listed again and again makes gigabytes of a small file), and the
// stream of a module (one stream for each of a thousand modules is read a thousand times). Where it looks up types it
// writes where an index table says, and spells types in endless recursion: for that TypeRecords and TypeReader stand
// in. With this, the work that a PDB causes is in proportion to its size, and the reader stays in this process: these
// checks cost microseconds, while a child of its own, as LIEF has one, would have to hand over a copy of all symbols,
// and would still say nothing but "it died". What is left of LLVM's code is fuzzed (tests/fuzz/pdb_fuzz.cpp).
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

// Behind PDBFile::parseStreamData(). Errors: input, when a hash table that LLVM loads (the named streams, the
// adjustments of type hashes) has a greater capacity than its stream has bytes, uses buckets behind its capacity or
// names outside of its text, when a type stream has more records than fit into it, or when the module list has fewer
// descriptions than it counts.
Result<> checkCounts(const std::filesystem::path &path, const llvm::pdb::PDBFile &file);

// Streams of modules, each of which belongs to one module.
class ModuleStreams {
public:
  // Errors: input, when the stream was another module's.
  Result<> claim(const std::filesystem::path &path, uint16_t stream);

private:
  std::set<uint16_t> claimed_;
};

} // namespace hotgate::analyzer
