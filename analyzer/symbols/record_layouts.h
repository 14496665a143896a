// The definitions of a PDB by number, and what lies at an offset of one.
#pragma once

#include "analyzer/symbols/symbols.h"

#include <functional>
#include <unordered_map>

namespace hotgate::analyzer {

class RecordLayouts {
public:
  explicit RecordLayouts(const Symbols &symbols);

  // nullptr for what is no struct, class or union with a definition of its own.
  [[nodiscard]] const TypeLayout *of(TypeNumber definition) const;
  // What the pointer at this offset, in the record or in one that it embeds, leads to; 0 when there is none, or when
  // members of a union disagree.
  [[nodiscard]] TypeNumber pointedAt(TypeNumber definition, uint64_t offset) const;
  // The record itself and every one that it embeds at this offset, with the offset inside of each.
  void at(TypeNumber definition, uint64_t offset,
          const std::function<void(TypeNumber record, uint64_t offset)> &found) const;

private:
  void at(TypeNumber definition, uint64_t offset, const std::function<void(TypeNumber, uint64_t)> &found,
          int depth) const;
  [[nodiscard]] TypeNumber pointerIn(const FieldLayout &field, uint64_t offset) const;

  const TypeGraph &graph_;
  std::unordered_map<TypeNumber, const TypeLayout *> byNumber_;
};

} // namespace hotgate::analyzer
