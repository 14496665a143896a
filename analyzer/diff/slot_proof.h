// Whether a body of the hotpatch image does what the update's does, when only the one was compiled with reference
// slots:
//
//   update     mov ecx, dword ptr [rip + g_served]
//   hotpatch   mov rax, qword ptr [rip + __ref_g_served]     the slot, which the loader binds to the base's g_served
//              mov ecx, dword ptr [rax]
//
// The proof walks both bodies in step. Each instruction must be the same one with the same referents, but for an
// operand that is a variable on the one side and a register known to hold the bound address of that variable on the
// other. A load of a slot that the update has no counterpart of writes a register, so the update's code must overwrite
// that register before it reads it, calls or branches. Every branch must lead to the same step.
//
// What is not proved is not called different, and never identical: compilers allocate registers and order instructions
// freely, and then both bodies are for a person. Limits: x64; bodies in one part, without jump tables and exception
// handlers, with equal prologues.
#pragma once

#include "analyzer/diff/image_diff.h"
#include "analyzer/image/hotpatch_table.h"

#include <map>
#include <string>
#include <vector>

namespace hotgate::analyzer {

// Slots of the hotpatch image by RVA, with the RVA in the base that the loader makes them point to.
using BoundSlots = std::map<uint32_t, uint32_t>;
[[nodiscard]] BoundSlots boundSlots(const HotpatchTable &table);

struct SlotProof {
  FunctionIndex post = 0;
  FunctionIndex hotpatch = 0;
  std::string obstacle;           // why the proof failed; "" when both bodies are proved to do the same
  std::vector<ListingRow> bodies; // both, from end to end, when it failed
  [[nodiscard]] bool isProved() const { return obstacle.empty(); }
};

// The three builds of a module, with how the update compares with the other two.
struct ThreeBuilds {
  const Program &pre;
  const Program &post;
  const Program &hotpatch;
  const ImageDiff &postDiff;     // pre and post
  const ImageDiff &hotpatchDiff; // post and hotpatch
  const Budget &budget;          // once it is spent, nothing more is proved
};

// Of each pair of post and hotpatch functions that differs and whose hotpatch body loads a bound slot where the
// update's loads none. Errors: fault, when no decoder can be had.
Result<std::vector<SlotProof>> proveThroughSlots(const ThreeBuilds &builds, const BoundSlots &slots);

} // namespace hotgate::analyzer
