// How alike two functions are that share neither name nor bytes. It only proposes pairs; it never says "identical".
#pragma once

#include "analyzer/code/decoder.h"
#include "analyzer/code/program.h"

namespace hotgate::analyzer {

// The operations of a function's instructions, sorted; the first 20,000 of a longer one.
[[nodiscard]] std::vector<uint32_t> operationsOf(Decoder &decoder, const Program &program, const Function &function);

// 0..1: the share of operations that both have (Dice's coefficient of two multisets).
[[nodiscard]] double similarity(const std::vector<uint32_t> &pre, const std::vector<uint32_t> &post);
[[nodiscard]] double similarity(Decoder &decoder, const Program &pre, const Function &preFunction, const Program &post,
                                const Function &postFunction);

// False when each has a name of its own: then they would have paired by it.
[[nodiscard]] bool mayPairNameless(const Function &pre, const Function &post);

// What two functions must at least share to be taken for one that changed.
constexpr double leastSimilarity = 0.5;

} // namespace hotgate::analyzer
