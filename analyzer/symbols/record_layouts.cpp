#include "analyzer/symbols/record_layouts.h"

namespace hotgate::analyzer {

RecordLayouts::RecordLayouts(const Symbols &symbols) : graph_(symbols.typeGraph) {
  for (const TypeLayout &type : symbols.types)
    if (type.kind != "enum" && type.kind != "typedef")
      byNumber_.emplace(type.type, &type);
}

const TypeLayout *RecordLayouts::of(TypeNumber definition) const {
  const auto found = byNumber_.find(definition);
  return found == byNumber_.end() ? nullptr : found->second;
}

void RecordLayouts::at(TypeNumber definition, uint64_t offset,
                       const std::function<void(TypeNumber, uint64_t)> &found) const {
  at(definition, offset, found, 0);
}

void RecordLayouts::at(TypeNumber definition, uint64_t offset, const std::function<void(TypeNumber, uint64_t)> &found,
                       int depth) const {
  constexpr int deepest = 16; // struct in struct: real code stays under 8
  const TypeLayout *layout = of(definition);
  if (layout == nullptr || offset >= layout->size || depth > deepest)
    return;
  found(definition, offset);
  for (const FieldLayout &field : layout->fields) {
    if ((field.kind != FieldKind::member && field.kind != FieldKind::base) || offset < field.offset)
      continue;
    const TypeNumber inner = graph_.elementRecord(field.type);
    const TypeLayout *element = inner == 0 ? nullptr : of(inner);
    const uint64_t within = offset - field.offset;
    const uint64_t size = field.size != 0 ? field.size : element != nullptr ? element->size : 0;
    if (element != nullptr && element->size != 0 && within < size)
      at(inner, within % element->size, found, depth + 1);
  }
}

TypeNumber RecordLayouts::pointedAt(TypeNumber definition, uint64_t offset) const {
  TypeNumber pointed = 0;
  bool isFirst = true;
  at(definition, offset, [&](TypeNumber record, uint64_t inner) {
    for (const FieldLayout &field : of(record)->fields) {
      if (!field.takesBytes() || inner < field.offset || inner - field.offset >= field.size ||
          graph_.elementRecord(field.type) != 0)
        continue;
      const TypeNumber target = pointerIn(field, inner - field.offset);
      pointed = isFirst || pointed == target ? target : 0;
      isFirst = false;
    }
  });
  return pointed;
}

// What the pointer that begins at this offset of a member leads to; 0 for any other member.
TypeNumber RecordLayouts::pointerIn(const FieldLayout &field, uint64_t offset) const {
  const TypeShape shape = graph_.shape(field.type);
  if (shape.kind != TypeShape::Kind::array)
    return offset == 0 ? graph_.pointedRecord(field.type) : 0;
  const uint64_t element = graph_.shape(shape.target).size;
  return element != 0 && offset % element == 0 ? graph_.pointedRecord(shape.target) : 0;
}

} // namespace hotgate::analyzer
