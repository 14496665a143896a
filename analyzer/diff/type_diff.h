// Types of two PDBs, compared by name: size, members, offsets.
//
// Limits: types without a name of their own ("<unnamed-tag>") have no identity across builds; they are compared where
// a named type embeds them, by their members' offsets in it. Of several types with one name the first is compared.
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
  std::optional<uint64_t> preOffset, postOffset; // bytes
  std::string preType, postType;
};

struct TypeDifference {
  std::string name;
  std::string kind;
  ChangeStatus status = ChangeStatus::changed;
  std::optional<uint64_t> preSize, postSize; // bytes
  std::vector<FieldDifference> fields;       // all members, those that stayed too, in offset order
};

// Only types that differ, by name.
std::vector<TypeDifference> diffTypes(const Symbols &pre, const Symbols &post);

} // namespace hotgate::analyzer
