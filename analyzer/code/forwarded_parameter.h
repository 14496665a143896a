// Which of its own parameters a function hands on, unchanged, as an argument of one of its calls.
//
//   StartThread(start, p):  mov r8, rcx; ...; call [CreateThread]      argument 2 is parameter 0
//
// Read from the text of the instructions in front of the call, in the order in which they stand. Limits: x64 and ARM64,
// parameters in registers; what goes over the stack or is chosen by a branch is not followed. On x86 every parameter is
// on the stack, so none is.
#pragma once

#include "analyzer/code/decoder.h"
#include "analyzer/code/program.h"

#include <optional>
#include <string_view>

namespace hotgate::analyzer {

// Both count from 0; `site` is the call's RVA.
[[nodiscard]] std::optional<int> forwardedParameter(Decoder &decoder, const Image &image, const Function &function,
                                                    uint32_t site, int argument);

// Whether an instruction leaves its result in the register that holds this argument of a call.
[[nodiscard]] bool writesArgument(Decoder &decoder, const Image &image, uint32_t instruction, int argument);

} // namespace hotgate::analyzer
