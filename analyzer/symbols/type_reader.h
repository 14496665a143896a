// Types of a PDB: their names, sizes and layouts.
//
// Type records refer to each other by index, and a damaged PDB can make that a loop: every walk has a depth limit,
// every index is checked against the number of records, and all text together has a budget, because a loop of lists can
// spell out far more than the PDB holds.
#pragma once

#include "analyzer/symbols/symbols.h"
#include "analyzer/symbols/type_records.h"
#include "support/result.h"

#include <string>
#include <unordered_map>
#include <vector>

namespace hotgate::analyzer {

class TypeReader {
public:
  explicit TypeReader(const llvm::pdb::TpiStream &types);

  // What is wrong with the stream, "" when nothing is. Asked last: a walk may find that its budget is spent.
  [[nodiscard]] std::string damage() const;

  // "Lease *", "unsigned char[16]"; "<type 0x1234>" for what cannot be read.
  std::string name(llvm::codeview::TypeIndex index) const { return name(index, 0); }
  // Members of a type without a name of its own ("<unnamed-tag>"), which are members of whoever embeds it; else none.
  std::vector<FieldLayout> unnamedFields(llvm::codeview::TypeIndex index, int depth) const;
  // Size in bytes; 0 when it has none (functions, void) or cannot be read.
  uint64_t size(llvm::codeview::TypeIndex index) const { return size(index, 0); }
  // All complete structs, classes, unions and enums, by name. Of several with one name the first record is kept.
  std::vector<TypeLayout> layouts() const;

private:
  friend class FieldCollector;
  // False when nothing more may be spelled.
  bool spend(size_t characters) const;
  std::string name(llvm::codeview::TypeIndex index, int depth) const;
  std::string spelledName(llvm::codeview::TypeIndex index, int depth) const;
  uint64_t size(llvm::codeview::TypeIndex index, int depth) const;
  uint64_t completeSize(std::string_view name) const;
  std::vector<FieldLayout> fields(llvm::codeview::TypeIndex fieldList, int depth) const;
  std::string argumentNames(llvm::codeview::TypeIndex list, int depth) const;

  TypeRecords records_;
  mutable uint64_t budget_; // characters
  // Every name is spelled once. An entry that is being spelled stands as "<type ...>", so that a loop of records ends.
  mutable std::unordered_map<uint32_t, std::string> names_;
  // Forward references are sized through the complete record of the same name.
  std::vector<std::pair<std::string, uint64_t>> completeSizes_;
};

} // namespace hotgate::analyzer
