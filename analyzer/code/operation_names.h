// Whether two decoders name the same operation.
//
// LLVM and Capstone name nearly all instructions alike. Where they do not, both are right: an alias that one of them
// prefers, or a prefix that means nothing there. Each such pair stands in a table of operation_names.cpp; every other
// difference of names is a difference of operations. Operands are not compared.
#pragma once

#include "analyzer/image/image.h"

#include <string_view>

namespace hotgate::analyzer {

// `llvm` is a whole line in Intel syntax ("rep movsb byte ptr es:[rdi], byte ptr [rsi]"), Capstone's is in two parts
// ("rep movsb", "byte ptr [rdi], byte ptr [rsi]").
[[nodiscard]] bool sameOperation(Machine machine, std::string_view llvm, std::string_view capstoneMnemonic,
                                 std::string_view capstoneOperands);

} // namespace hotgate::analyzer
