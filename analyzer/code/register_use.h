// What an instruction does with general registers, as far as a pointer is followed through them.
//
// Registers have the machine's own numbers: rax 0, rcx 1, rdx 2, rbx 3, rsp 4, rbp 5, rsi 6, rdi 7, r8 8; x0 0, sp 31.
#pragma once

#include <cstdint>

namespace hotgate::analyzer {

struct RegisterUse {
  enum class Role : uint8_t {
    other,
    copy,     // destination = source, whole registers
    load,     // destination = what is in memory, a whole register
    address,  // destination = base + index + displacement, without an access: lea, add
    constant, // destination = number
    push,     // x86: of an unknown value
    pushNumber,
  };
  static constexpr uint8_t none = 0xFF;

  Role role = Role::other;
  uint8_t destination = none;
  uint8_t source = none;
  int64_t number = 0;
  // Of a memory operand that is accessed, and of an address. A base that is none: absolute, relative to the
  // instruction, or not a whole register.
  bool hasMemory = false; // accesses it
  bool hasIndex = false;
  uint8_t base = none;
  uint8_t index = none;
  int64_t displacement = 0;
  uint32_t written = 0; // bit n: register n, whole or a part, named or not; not what a callee writes
};

} // namespace hotgate::analyzer
