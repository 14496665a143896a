// What a PDB says of types: how each is laid out, and which type leads to which.
//
// A type is known by its number in the PDB that it comes from; numbers of two PDBs have nothing in common. Names are
// hostile, as all of a PDB is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hotgate::analyzer {

// Index of a type record, 0 for none. Simple types (int) have numbers below 0x1000.
using TypeNumber = uint32_t;

enum class FieldKind : uint8_t {
  member,
  bitField,
  base,
  virtualBase,   // direct ones; the offset is that of the pointer to the table of virtual bases
  vtablePointer, //
  virtualMethod, // that this class introduces; the offset is its slot's, in the vtable
  staticMember,  // no offset: it is data of the program (table of globals)
  enumerator,    // the offset is the value
};
[[nodiscard]] std::string_view fieldKindName(FieldKind kind); // "bit field"

struct FieldLayout {
  std::string name;     // a base class is "base Name", the vtable pointer is "vfptr"
  uint64_t offset = 0;  // bytes, of the storage unit for a bit field
  std::string typeName; // "unsigned int:3" for a bit field of three bits
  FieldKind kind = FieldKind::member;
  uint8_t bitOffset = 0; // of a bit field, in its storage unit
  uint8_t bitWidth = 0;  // 0: no bit field
  uint64_t size = 0;     // bytes of the member, or of the storage unit; 0: none or unknown
  TypeNumber type = 0;

  // True for what lies in an object: its bytes are the member's.
  [[nodiscard]] bool takesBytes() const { return kind <= FieldKind::vtablePointer; }
  // True when both say the same; the numbers of their types are not compared.
  [[nodiscard]] bool saysTheSame(const FieldLayout &other) const;
};

struct TypeLayout {
  std::string name;
  std::string kind; // struct, class, union, enum, typedef
  uint64_t size = 0;
  std::vector<FieldLayout> fields; // in declaration order; an enumerator is a field whose offset is its value
  std::string underlying = {};     // of an enum and a typedef: the type that it stands for
  TypeNumber type = 0;

  [[nodiscard]] bool saysTheSame(const TypeLayout &other) const;
};

// A type as far as pointers are followed through it.
struct TypeShape {
  enum class Kind : uint8_t { other, pointer, array, record, enumeration, function };
  Kind kind = Kind::other;
  // Of a pointer or reference what it leads to, of an array its element, of a record or enum its definition (0 when the
  // PDB has none or several), of a function its place among the prototypes. Type modifiers are seen through.
  TypeNumber target = 0;
  uint64_t size = 0;
};

struct Prototype {
  TypeNumber returned = 0;
  TypeNumber object = 0; // the class of a member function, 0 else
  bool hasThis = false;
  bool isThisCall = false; // x86: `this` is in ecx
  bool isOnStack = false;  // x86: all other parameters are on the stack
  std::vector<TypeNumber> parameters;
};

class TypeGraph {
public:
  TypeGraph() = default;
  TypeGraph(std::vector<TypeShape> shapes, std::vector<Prototype> prototypes)
      : shapes_(std::move(shapes)), prototypes_(std::move(prototypes)) {}

  [[nodiscard]] TypeShape shape(TypeNumber type) const;
  // The definition of a struct, class or union; 0 when the type is none.
  [[nodiscard]] TypeNumber record(TypeNumber type) const;
  // What a pointer to a record leads to; 0 when the type is none.
  [[nodiscard]] TypeNumber pointedRecord(TypeNumber type) const;
  // The record that an array, or an array of arrays, consists of, or the record itself; 0 when it is neither.
  [[nodiscard]] TypeNumber elementRecord(TypeNumber type) const;
  // The same, or an enum.
  [[nodiscard]] TypeNumber elementDefinition(TypeNumber type) const;
  [[nodiscard]] const Prototype *prototype(TypeNumber type) const;
  // True for what following a pointer can begin with.
  [[nodiscard]] bool leadsToRecord(TypeNumber type) const {
    return pointedRecord(type) != 0 || elementRecord(type) != 0;
  }

private:
  [[nodiscard]] TypeShape element(TypeNumber type) const;

  static constexpr TypeNumber firstNumber = 0x1000;
  std::vector<TypeShape> shapes_; // from firstNumber on
  std::vector<Prototype> prototypes_;
};

} // namespace hotgate::analyzer
