// What code puts into the arguments of a call, as far as it stands right in front of the call: a number, or the address
// of a datum.
//
//   mov edx, 0x3e8                         the second argument is 1000
//   lea rcx, [rip + g_lock]                the first is the address of g_lock
//   call qword ptr [rip + ...]
//
// Limits: x64 and ARM64; the straight line of code in front of the call, up to the call or branch before it. What is
// computed, or comes from further away, is not known.
#pragma once

#include "analyzer/code/program.h"

#include <memory>
#include <optional>

namespace hotgate::analyzer {

class CallArguments {
public:
  // The program must outlive it. Errors: fault, when no decoder can be had.
  static Result<CallArguments> begin(const Program &program);

  // Arguments count from 1. `site` is the call's RVA, in `function`.
  std::optional<uint32_t> number(const Function &function, uint32_t site, uint8_t argument);
  // RVA of the datum, or of the pointer that its address is loaded from.
  std::optional<uint32_t> address(const Function &function, uint32_t site, uint8_t argument);

private:
  struct Setter {
    uint32_t rva = 0;
    std::string text;
  };
  CallArguments(const Program &program, Decoder decoder) : program_(program), decoder_(std::move(decoder)) {}
  // The last instruction in front of the call that writes the argument.
  std::optional<Setter> setter(const Function &function, uint32_t site, uint8_t argument);

  const Program &program_;
  Decoder decoder_;
};

} // namespace hotgate::analyzer
