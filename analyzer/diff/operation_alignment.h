// Two bodies aligned by what their instructions do, whatever numbers stand in them: `mov rax, [rcx+0x48]` of one body
// stands beside `mov rax, [rcx+0x50]` of the other.
//
// listing.h aligns for people, by equal bytes. This alignment wants the pairs that differ in a number, so equal
// operations pair, and of several ways to pair them the one with most equal registers and numbers wins.
#pragma once

#include "analyzer/code/decoder.h"
#include "analyzer/code/program.h"

#include <span>
#include <vector>

namespace hotgate::analyzer {

struct OperationLine {
  Instruction instruction;
  Operands operands; // family 0: no instruction
  std::span<const Reference> references;
  // The displacement is a place and no offset in an object.
  [[nodiscard]] bool isAddressed() const { return !references.empty(); }
};

struct OperationBody {
  const Program &program;
  const Function &function;
  std::vector<OperationLine> lines; // of the body and then the fragments; jump tables left out
};

OperationBody readOperations(Decoder &decoder, const Program &program, const Function &function);

// Indexes of lines.
struct LinePair {
  uint32_t pre = 0;
  uint32_t post = 0;
};

struct OperationAlignment {
  std::vector<LinePair> pairs; // ascending
  bool isWhole = false;        // every line of both bodies has a partner
};

OperationAlignment alignOperations(const OperationBody &pre, const OperationBody &post);

} // namespace hotgate::analyzer
