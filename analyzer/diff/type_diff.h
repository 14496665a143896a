// Types of two PDBs, compared by name: size, members, offsets, bits, bases, slots of vtables, enumerators, typedefs.
//
// Of several types with one name (two static structs in two objects) those that both builds have are no difference;
// when one is left on each side, these two are compared, and else the name is ambiguous and said to be so.
//
// Limits: types without a name of their own ("<unnamed-tag>") have no identity across builds; they are compared where a
// named type embeds them or points to them, by their members.
#pragma once

#include "analyzer/diff/function_diff.h"
#include "analyzer/symbols/symbols.h"

#include <string>
#include <vector>

namespace hotgate::analyzer {

enum class FieldStatus : uint8_t { same, moved, retyped, added, removed };
[[nodiscard]] std::string_view fieldStatusName(FieldStatus status);

struct FieldDifference {
  std::string name;
  FieldStatus status = FieldStatus::same;
  std::optional<uint64_t> preOffset, postOffset; // bytes; a slot's in its vtable; an enumerator's value
  std::string preType, postType;
  FieldKind kind = FieldKind::member;
  std::optional<uint8_t> preBit = {}, postBit = {}; // of a bit field
  uint64_t preBits = 0, postBits = 0;               // that it takes; 0: none, or unknown
};

struct TypeDifference {
  std::string name;
  std::string kind; // of the post side, when it has one
  ChangeStatus status = ChangeStatus::changed;
  std::optional<uint64_t> preSize, postSize;           // bytes
  std::vector<FieldDifference> fields;                 // all members, those that stayed too, in offset order
  std::string preUnderlying = {}, postUnderlying = {}; // of enums and typedefs
  size_t preDefinitions = 1, postDefinitions = 1;      // of that name; without a partner: none
  bool isAmbiguous = false;                            // which one changed is not known; no sizes, no fields
  TypeNumber preType = 0, postType = 0;                // 0 when ambiguous, or when that side has none
  // Changed types that it holds, by name, when they alone are why it changed; empty for a root cause.
  std::vector<std::string> causes = {};
};

// Only types that differ, by name.
std::vector<TypeDifference> diffTypes(const Symbols &pre, const Symbols &post);

} // namespace hotgate::analyzer
