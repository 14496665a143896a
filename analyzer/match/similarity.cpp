#include "analyzer/match/similarity.h"

#include <algorithm>
#include <vector>

namespace hotgate::analyzer {

namespace {

constexpr size_t mostInstructions = 20'000; // of one function; more do not make a guess better

} // namespace

std::vector<uint32_t> operationsOf(Decoder &decoder, const Program &program, const Function &function) {
  std::vector<uint32_t> operations;
  Instruction instruction;
  for (int part = -1; part < function.rangeCount(); ++part) {
    const CodeRange &range = function.range(part);
    const auto bytes = program.bytesOf(range);
    for (uint32_t at = 0; at < bytes.size() && operations.size() < mostInstructions; at += instruction.size) {
      if (!decoder.decode(bytes.subspan(at), range.rva + at, instruction))
        break;
      operations.push_back(instruction.opcode);
    }
  }
  std::sort(operations.begin(), operations.end());
  return operations;
}

double similarity(const std::vector<uint32_t> &a, const std::vector<uint32_t> &b) {
  size_t common = 0;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i] == b[j]) {
      ++common;
      ++i;
      ++j;
    } else {
      ++(a[i] < b[j] ? i : j);
    }
  }
  return a.empty() && b.empty() ? 1 : 2.0 * static_cast<double>(common) / static_cast<double>(a.size() + b.size());
}

double similarity(Decoder &decoder, const Program &pre, const Function &preFunction, const Program &post,
                  const Function &postFunction) {
  return similarity(operationsOf(decoder, pre, preFunction), operationsOf(decoder, post, postFunction));
}

bool mayPairNameless(const Function &pre, const Function &post) {
  return !hasOwnName(pre.source) || !hasOwnName(post.source);
}

} // namespace hotgate::analyzer
