// Which pointer the base register of each memory operand holds, so that `mov rbx, rcx ... mov eax, [rbx+0x48]` is an
// access to the object of the first parameter at 0x48, and `lea rdi, [rcx+0x40] ... [rdi+8]` one at 0x48 too.
//
// One pass over the body in address order. Where paths meet, a register that holds one pointer on all of them keeps it;
// back edges are not followed, because what a register carries around a loop is one variable and so of one type.
// Calls clobber the volatile registers. A pointer into the stack or into the image's own data is no object here: their
// displacements move with the frame and with the linker.
//
// Limits: flags, vector registers and heap aliases are not followed; on x86 nothing is followed through the stack.
#pragma once

#include "analyzer/diff/operation_alignment.h"

#include <array>
#include <optional>
#include <vector>

namespace hotgate::analyzer {

struct ObjectAccess {
  uint32_t object = 0;      // equal: the same pointer in this body
  int64_t displacement = 0; // from it, whatever register holds what part of the way
};

struct LineFlow {
  std::optional<ObjectAccess> access;   // of the memory operand or the address that is made
  bool isDirect = false;                // memory is accessed, and the base register holds the pointer itself
  std::optional<ObjectAccess> bitsFrom; // where what a mask or shift works on was loaded from
  bool isStride = false;                // the register that is added to goes around a loop
  // Calls: the arguments in registers that are constants.
  std::array<std::optional<int64_t>, 4> arguments{};
};

// One for each line of the body.
std::vector<LineFlow> followPointers(const OperationBody &body);

} // namespace hotgate::analyzer
