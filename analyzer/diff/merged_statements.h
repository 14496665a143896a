// Which conditions lead to a statement that the compiler has merged with equal ones.
//
//   if (pc < first)       1010         mov  r9d, 1011
//     return Corrupt();   1011         cmp  r13d, ebp
//   size = Size(pc);      1012         jb   merged
//   if (pc + size > end)  1013         ...
//     return Corrupt();   1014         mov  r9d, 1014
//                              merged: call Report
// The call belongs to two lines, so the line table says 0 for it, and nothing for the instructions that prepare what
// the two differ in: those stand wherever registers are free, under another statement's line. What remains of a merged
// statement is the condition in front of it. An instruction leads to merged code when control goes from it there
// without a call or a return on the way; its condition is the branch that goes there, or else the branches to where the
// instruction's own block begins.
//
// Limits: one range of a function. Blocks that are entered through a jump table have no condition here.
#pragma once

#include "analyzer/code/decoder.h"
#include "analyzer/code/function.h"
#include "analyzer/symbols/line_table.h"

#include <span>
#include <vector>

namespace hotgate::analyzer {

class MergedStatements {
public:
  // `bytes` of the range, which is one of the function's; `lines` are those that begin in it. The decoder and the bytes
  // must outlive this.
  MergedStatements(Decoder &decoder, const Function &function, const CodeRange &range, std::span<const uint8_t> bytes,
                   std::span<const SourceLine> lines);

  // RVAs of the conditional branches on which the instruction at this RVA depends; none when it does not lead to merged
  // code.
  std::vector<uint32_t> conditionsOf(uint32_t rva);

private:
  struct Branch {
    uint32_t target;
    uint32_t from;
  };

  [[nodiscard]] bool isMerged(uint32_t rva) const;
  bool decode(uint32_t rva, Instruction &instruction);
  bool isStraight(uint32_t begin, uint32_t end);
  std::vector<uint32_t> conditionsOfBlockAt(uint32_t rva);

  Decoder &decoder_;
  CodeRange range_;
  std::span<const uint8_t> bytes_;
  std::vector<CodeRange> merged_; // code of line 0, by RVA
  std::vector<Branch> branches_;  // inside the range, by target
};

} // namespace hotgate::analyzer
