// Reads the line tables of a PDB's modules: the lines of procedures (C13 line subsections) and of the copies of
// inlined functions in them (the annotations of S_INLINESITE).
//
// Older line formats (C11, before Visual C++ 2005) are not read. The part of an inlined copy that the compiler moved
// into another section has no lines.
#pragma once

#include "analyzer/symbols/line_table.h"

#include <functional>
#include <llvm/DebugInfo/CodeView/DebugChecksumsSubsection.h>
#include <llvm/DebugInfo/CodeView/SymbolRecord.h>
#include <llvm/DebugInfo/PDB/Native/ModuleDebugStream.h>
#include <llvm/DebugInfo/PDB/Native/PDBStringTable.h>
#include <llvm/Support/Error.h>
#include <optional>
#include <unordered_map>

namespace hotgate::analyzer {

class LineReader {
public:
  // The RVA of an offset in a section (numbered from 1), nullopt outside the image.
  using Locate = std::function<std::optional<uint32_t>(uint16_t section, uint32_t offset)>;

  // `names` is the PDB's string table; without one (nullptr) nothing is read, since no line has a file.
  LineReader(const llvm::pdb::PDBStringTable *names, Locate locate) : names_(names), locate_(std::move(locate)) {}

  // The module's procedures. Its inline sites follow, with addInlineSite.
  llvm::Error addModule(const llvm::pdb::ModuleDebugStreamRef &module);
  // A copy of an inlined function in the procedure that begins at this RVA.
  void addInlineSite(const llvm::codeview::InlineSiteSym &site, uint32_t procedureRva, uint32_t procedureSize);

  LineTable take() { return {std::move(lines_), std::move(files_)}; }

private:
  struct InlineeStart {
    uint32_t file; // offset of its checksum record
    uint32_t line;
  };

  llvm::Error addProcedureLines(const llvm::BinaryStreamRef &data);
  llvm::Error addInlineeStarts(const llvm::BinaryStreamRef &data);
  std::optional<uint32_t> fileAt(uint32_t checksumOffset);
  void add(uint32_t rva, uint32_t size, uint32_t line, uint32_t file);

  const llvm::pdb::PDBStringTable *names_;
  Locate locate_;
  // Of the current module. A file is named by the offset of its checksum record.
  llvm::codeview::DebugChecksumsSubsectionRef checksums_;
  std::unordered_map<uint32_t, std::optional<uint32_t>> fileByChecksum_;
  std::unordered_map<uint32_t, InlineeStart> inlinees_; // by type index
  // Of all modules.
  std::unordered_map<std::string, uint32_t> fileByName_;
  std::vector<std::string> files_;
  size_t nameBytes_ = 0; // read
  std::vector<SourceLine> lines_;
};

} // namespace hotgate::analyzer
