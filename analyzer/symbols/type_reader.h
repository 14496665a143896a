// Types of a PDB: their names, sizes and layouts.
//
// Type records refer to each other by index, and a damaged PDB can make that a loop: every walk has a depth limit,
// every index is checked against the number of records.
#pragma once

#include "analyzer/symbols/symbols.h"
#include "support/result.h"

#include <llvm/DebugInfo/CodeView/LazyRandomTypeCollection.h>
#include <llvm/DebugInfo/PDB/Native/TpiStream.h>

#include <string>
#include <unordered_map>
#include <vector>

namespace hotgate::analyzer {

class TypeReader {
public:
  explicit TypeReader(llvm::pdb::TpiStream &types);

  // "Lease *", "unsigned char[16]"; "<type 0x1234>" for what cannot be read.
  std::string name(llvm::codeview::TypeIndex index) const { return name(index, 0); }
  // Members of a type without a name of its own ("<unnamed-tag>"), which are members of whoever embeds it; else none.
  std::vector<FieldLayout> unnamedFields(llvm::codeview::TypeIndex index, int depth) const;
  // Size in bytes; 0 when it has none (functions, void) or cannot be read.
  uint64_t size(llvm::codeview::TypeIndex index) const { return size(index, 0); }
  // All complete structs, classes, unions and enums, by name. Of several with one name the first record is kept.
  std::vector<TypeLayout> layouts() const;

private:
  bool readable(llvm::codeview::TypeIndex index) const;
  std::string name(llvm::codeview::TypeIndex index, int depth) const;
  std::string spelledName(llvm::codeview::TypeIndex index, int depth) const;
  uint64_t size(llvm::codeview::TypeIndex index, int depth) const;
  uint64_t completeSize(std::string_view name) const;
  std::vector<FieldLayout> fields(llvm::codeview::TypeIndex fieldList, int depth) const;
  std::string argumentNames(llvm::codeview::TypeIndex list, int depth) const;

  uint32_t count_;
  // Every name is spelled once. An entry that is being spelled stands as "<type ...>", so that a loop of records ends.
  mutable std::unordered_map<uint32_t, std::string> names_;
  mutable llvm::codeview::LazyRandomTypeCollection records_;
  // Forward references are sized through the complete record of the same name.
  std::vector<std::pair<std::string, uint64_t>> completeSizes_;
};

} // namespace hotgate::analyzer
