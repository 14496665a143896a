// How many cases a switch has, as its code checks it: `cmp ecx, 38` and `ja default` in front of
// `jmp dword ptr [4*ecx + table]`. Tables stand one behind the other, so a table does not show its own end.
//
// Limits: x86. The last comparison with a number counts, and it is forgotten with the next one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace hotgate::analyzer {

class SwitchBound {
public:
  // To be told of every instruction, in order.
  void follow(std::span<const uint8_t> instruction);
  // Of the switch whose jump these bytes are; nothing when its index was not checked.
  [[nodiscard]] std::optional<uint32_t> casesOf(std::span<const uint8_t> jump) const;

private:
  uint8_t compared_ = 0; // register
  uint32_t number_ = 0;
  uint32_t cases_ = 0; // 0: no branch has followed the comparison
};

} // namespace hotgate::analyzer
