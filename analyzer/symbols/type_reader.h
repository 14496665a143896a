// Types of a PDB: their names, sizes and layouts.
//
// Type records refer to each other by index, and a damaged PDB can make that a loop: every walk has a depth limit,
// every index is checked against the number of records, and all text together has a budget, because a loop of lists can
// spell out far more than the PDB holds.
#pragma once

#include "analyzer/symbols/symbols.h"
#include "analyzer/symbols/type_records.h"
#include "support/result.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hotgate::analyzer {

class TypeReader {
public:
  explicit TypeReader(const llvm::pdb::TpiStream &types);

  // What is wrong with the stream, "" when nothing is. Asked last: a walk may find that its budget is spent.
  [[nodiscard]] std::string damage() const;

  // "Lease *", "unsigned char[16]"; "<type 0x1234>" for what cannot be read. A type without a name of its own is
  // spelled by its members: "<unnamed struct {int a@0; int b@4}>".
  std::string name(llvm::codeview::TypeIndex index) const { return name(index, 0); }
  // Size in bytes; 0 when it has none (functions, void) or cannot be read.
  uint64_t size(llvm::codeview::TypeIndex index) const { return size(index, 0); }
  // A name that is declared to stand for a type (S_UDT); nothing is noted when it is that type's own name.
  void addTypedef(std::string name, llvm::codeview::TypeIndex type);
  // All complete structs, classes, unions and enums, and the typedefs that were added, by name; each once that is
  // several times there with the same content.
  std::vector<TypeLayout> layouts() const;
  // What leads to what. Of records that say the same, the first stands for all.
  // Asked behind layouts().
  TypeGraph graph() const;

private:
  friend class FieldCollector;
  struct Typedef {
    std::string name;
    llvm::codeview::TypeIndex type;
  };
  struct Complete {
    std::string_view name; // in the record
    uint32_t array = 0;    // index of the record
    uint64_t size = 0;
  };
  // False when nothing more may be spelled.
  bool spend(size_t characters) const;
  std::string name(llvm::codeview::TypeIndex index, int depth) const;
  std::string spelledName(llvm::codeview::TypeIndex index, int depth) const;
  std::string spelledMembers(const std::string &kind, llvm::codeview::TypeIndex fieldList, int depth) const;
  std::string embeddedName(llvm::codeview::TypeIndex index, int depth) const;
  uint64_t size(llvm::codeview::TypeIndex index, int depth) const;
  uint64_t completeSize(std::string_view name) const;
  // Members of a type without a name of its own ("<unnamed-tag>"), which are members of whoever embeds it; else none.
  // An array's are called "[].a".
  std::vector<FieldLayout> unnamedFields(llvm::codeview::TypeIndex index, int depth) const;
  std::vector<FieldLayout> fields(llvm::codeview::TypeIndex fieldList, int depth) const;
  std::string argumentNames(llvm::codeview::TypeIndex list, int depth) const;
  TypeLayout layoutOf(llvm::codeview::TypeIndex index) const;
  TypeLayout layoutOf(const Typedef &declared) const;
  void addDefinitions(std::span<const Complete> records, std::vector<TypeLayout> &result) const;
  std::vector<TypeNumber> parameters(llvm::codeview::TypeIndex list) const;
  llvm::codeview::TypeIndex throughModifiers(llvm::codeview::TypeIndex index) const;
  void addShape(uint32_t array, std::vector<TypeShape> &shapes, std::vector<Prototype> &prototypes) const;
  TypeNumber definition(std::string_view name) const;

  TypeRecords records_;
  mutable uint64_t budget_; // characters
  // Every name is spelled once. An entry that is being spelled stands as "<type ...>", so that a loop of records ends.
  mutable std::vector<std::string> names_;
  std::vector<Complete> complete_; // complete records by name: what forward references mean
  std::vector<Typedef> typedefs_;
  // Set by layouts(): by record, the first one that says the same; and where a name has several definitions.
  mutable std::vector<TypeNumber> sameAs_;
  mutable std::vector<std::string_view> ambiguous_; // sorted
};

} // namespace hotgate::analyzer
