// A base image and a hotpatch image for it, built from source for any machine, whose metadata a test can make lie.
#pragma once

#include "analyzer/hotpatch/hotpatch_audit.h"
#include "tests/analyzer/diff/built_program.h"

#include <memory>

namespace hotgate::analyzer::test {

// Both images: variables g_count, g_other and g_table, slots for the first two, functions Fix (through __ref_g_count),
// Other (through __ref_g_other), Calls (Known and Unknown of first.dll) and Tiny (one instruction), and an exported
// constant Space for tables that no linker makes.
class MadeHotpatch {
public:
  struct Options {
    std::string machine = "x64";
    std::vector<std::string> functions = {"Fix", "Other", "Calls"};
    uint32_t version = 4;
    uint32_t extraPatchSize = 0;
    std::string postSource = {};        // added to the post image's source
    std::vector<std::string> link = {}; // of both builds
  };
  explicit MadeHotpatch(const Options &options);
  explicit MadeHotpatch(const std::string &machine = "x64") : MadeHotpatch(Options{.machine = machine}) {}

  std::vector<char> base, hotpatch; // the files

  // A value of the metadata, by its offset from INFO.
  [[nodiscard]] uint32_t get(uint32_t offset) const;
  void put(uint32_t offset, uint32_t value);
  // Any 32-bit value of a file, by RVA.
  static void putAt(std::vector<char> &file, const Image &image, uint32_t rva, uint32_t value);
  // Offset from INFO of the n-th record of a kind.
  [[nodiscard]] uint32_t record(hotpatch::ChunkType type, size_t index = 0) const;
  [[nodiscard]] uint32_t baseRva(const std::string &symbol) const;
  [[nodiscard]] uint32_t hotpatchRva(const std::string &symbol) const;

  // The builds as they came out of the linker, with PDB and map beside them.
  [[nodiscard]] const std::filesystem::path &baseFile() const { return baseFile_; }
  [[nodiscard]] const std::filesystem::path &postFile() const { return postFile_; }

  // Of the files as they are now, with the PDBs of the builds.
  [[nodiscard]] HotpatchAudit audit() const;
  [[nodiscard]] LoaderPrediction prediction() const;
  [[nodiscard]] Image openBase() const;
  [[nodiscard]] Image openHotpatch() const;

private:
  std::filesystem::path baseFile_, postFile_;
  HotpatchTable table_; // before any lie
  uint32_t blob_ = 0;   // file offset of INFO
};

} // namespace hotgate::analyzer::test
