// What a changed type reaches in the pre image, which is what the running process has: types that hold it, variables of
// it, functions that have, make or touch objects of it. Facts alone: which of them is safe is for the rules to say.
//
// Limits: what the PDB and pointer_walk.h know. A function that gets an object as `void *` and touches it through a
// register of which nothing is known does not show; `unknown use` are such accesses at the offsets of changed members,
// in functions that have to do with the type.
#pragma once

#include "analyzer/code/program.h"
#include "analyzer/diff/type_diff.h"
#include "support/budget.h"

#include <optional>
#include <string>
#include <vector>

namespace hotgate::analyzer {

enum class ReachKind : uint8_t {
  embeddedIn,              // a type has a member, an array or a base of it, at any depth
  pointedToBy,             // a type has a member that points to it, or to one that embeds it
  global,                  // a variable is it, embeds it, or is an array of such
  globalPointer,           // a variable points to it, or to one that embeds it
  usesGlobal,              // a function refers to such a variable
  local,                   // a function has it on its stack
  parameter,               // a caller hands a function a pointer to it: a parameter or `this`
  pointer,                 // a function has a pointer to it in a variable, or returns one
  allocation,              // a function allocates one, as the PDB says (S_HEAPALLOCSITE)
  allocationBySize,        // a function allocates as many bytes as it has, and the PDB says no type
  allocationOfUnknownSize, // a function that has to do with it allocates what the code does not say
  itsSize,                 // a function that has to do with it has a number that is its size: a copy, a stride
  unknownUse,              // see above
};
[[nodiscard]] std::string_view reachKindName(ReachKind kind); // "embedded in"

struct ReachedPlace {
  ReachKind kind = ReachKind::embeddedIn;
  std::string name;                      // of the type, variable or function
  std::optional<FunctionIndex> function; // of pre
  uint32_t site = 0;                     // RVA of the instruction, or of the variable; 0: none
  uint64_t offset = 0;                   // of an unknown use
  auto operator<=>(const ReachedPlace &) const = default;
};

struct MemberUse {
  FunctionIndex function = 0; // of pre
  uint32_t site = 0;
  std::optional<uint64_t> offset; // in the type; none: some object of an array
  uint8_t width = 0;
  std::string member; // that has changed; "" when the offset is not known
  bool writes = false;
  std::string text; // the instruction
};

struct TypeReach {
  std::vector<ReachedPlace> places; // sorted, unique
  std::vector<MemberUse> uses;      // of members that changed and of indexed objects, by site
};

struct TypeReaches {
  std::vector<TypeReach> ofTypes; // one for each difference, in their order; empty for types that pre does not have
  std::string incomplete;         // what a spent budget left undone, "" when all was looked at
};

// `types` are of diffTypes(): structs, classes and unions of pre that changed or went.
Result<TypeReaches> reachOf(const Program &pre, const std::vector<TypeDifference> &types, const Budget &budget);

} // namespace hotgate::analyzer
