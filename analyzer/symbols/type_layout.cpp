#include "analyzer/symbols/type_layout.h"

#include <algorithm>

namespace hotgate::analyzer {

std::string_view fieldKindName(FieldKind kind) {
  switch (kind) {
  case FieldKind::member:
    return "member";
  case FieldKind::bitField:
    return "bit field";
  case FieldKind::base:
    return "base";
  case FieldKind::virtualBase:
    return "virtual base";
  case FieldKind::vtablePointer:
    return "vtable pointer";
  case FieldKind::virtualMethod:
    return "virtual function";
  case FieldKind::staticMember:
    return "static member";
  case FieldKind::enumerator:
    return "enumerator";
  }
  return "";
}

bool FieldLayout::saysTheSame(const FieldLayout &other) const {
  return offset == other.offset && kind == other.kind && bitOffset == other.bitOffset && bitWidth == other.bitWidth &&
         size == other.size && name == other.name && typeName == other.typeName;
}

bool TypeLayout::saysTheSame(const TypeLayout &other) const {
  return size == other.size && kind == other.kind && underlying == other.underlying &&
         std::ranges::equal(fields, other.fields,
                            [](const FieldLayout &a, const FieldLayout &b) { return a.saysTheSame(b); });
}

TypeShape TypeGraph::shape(TypeNumber type) const {
  return type < firstNumber || type - firstNumber >= shapes_.size() ? TypeShape{} : shapes_[type - firstNumber];
}

TypeNumber TypeGraph::record(TypeNumber type) const {
  const TypeShape found = shape(type);
  return found.kind == TypeShape::Kind::record ? found.target : 0;
}

TypeNumber TypeGraph::pointedRecord(TypeNumber type) const {
  const TypeShape found = shape(type);
  return found.kind == TypeShape::Kind::pointer ? record(found.target) : 0;
}

TypeShape TypeGraph::element(TypeNumber type) const {
  constexpr int deepest = 8; // int a[2][3][4]: real code stays under 5
  TypeShape found = shape(type);
  for (int depth = 0; depth < deepest && found.kind == TypeShape::Kind::array; ++depth)
    found = shape(found.target);
  return found;
}

TypeNumber TypeGraph::elementRecord(TypeNumber type) const {
  const TypeShape found = element(type);
  return found.kind == TypeShape::Kind::record ? found.target : 0;
}

TypeNumber TypeGraph::elementDefinition(TypeNumber type) const {
  const TypeShape found = element(type);
  return found.kind == TypeShape::Kind::record || found.kind == TypeShape::Kind::enumeration ? found.target : 0;
}

const Prototype *TypeGraph::prototype(TypeNumber type) const {
  const TypeShape found = shape(type);
  return found.kind == TypeShape::Kind::function && found.target < prototypes_.size() ? &prototypes_[found.target]
                                                                                      : nullptr;
}

} // namespace hotgate::analyzer
