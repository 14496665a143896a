// The records of a type or id stream, by index.
//
// In place of LLVM's LazyRandomTypeCollection, which believes a PDB: it allocates for as many records as the header
// says, and writes where the table of index offsets says. This one reads the stream once, in order, and has the records
// that are there.
#pragma once

#include <llvm/DebugInfo/CodeView/CVRecord.h>
#include <llvm/DebugInfo/CodeView/TypeIndex.h>
#include <llvm/DebugInfo/PDB/Native/TpiStream.h>

#include <vector>

namespace hotgate::analyzer {

class TypeRecords {
public:
  TypeRecords() = default;
  explicit TypeRecords(const llvm::pdb::TpiStream &stream) {
    const llvm::codeview::CVTypeArray &records = stream.typeArray();
    // Not begin(&damaged_): it forgets its argument (LLVM 19).
    llvm::codeview::CVTypeArray::Iterator it(records, records.getExtractor(), records.skew(), &damaged_);
    for (; it != records.end(); ++it)
      records_.push_back(*it);
    size_ = records.getUnderlyingStream().getLength();
  }

  // True when the stream ends in the middle of a record, or a record is too short to be one.
  [[nodiscard]] bool isDamaged() const { return damaged_; }
  [[nodiscard]] uint64_t streamSize() const { return size_; }
  [[nodiscard]] const std::vector<llvm::codeview::CVType> &all() const { return records_; }

  // nullptr for simple types, for no type, and behind the last record.
  [[nodiscard]] const llvm::codeview::CVType *find(llvm::codeview::TypeIndex index) const {
    if (index.isNoneType() || index.isSimple() || index.isDecoratedItemId() || index.toArrayIndex() >= records_.size())
      return nullptr;
    return &records_[index.toArrayIndex()];
  }

private:
  std::vector<llvm::codeview::CVType> records_;
  uint64_t size_ = 0;
  bool damaged_ = false;
};

} // namespace hotgate::analyzer
