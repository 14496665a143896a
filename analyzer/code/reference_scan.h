// One linear pass over a code range: where its instructions begin, what they refer to, and which bytes are no code.
//
// A compiler puts a switch's jump table between the instructions (MSVC, x64: `mov ecx, [rdx + rax*4 + table]` with the
// image's base in rdx; x86: `jmp [table + eax*4]`). Decoded as code it gives nonsense and can swallow the real
// instruction behind it, so a table is recognised by the reference to it, which comes first, and its entries become
// references of their own.
//
// A range without a known end (a leaf function that no table lists) ends behind the instruction after which nothing
// can continue: see scanOpen().
#pragma once

#include "analyzer/code/arm64_addresses.h"
#include "analyzer/code/decoder.h"
#include "analyzer/code/function.h"
#include "analyzer/code/switch_bound.h"
#include "analyzer/image/image.h"

#include <utility>
#include <vector>

namespace hotgate::analyzer {

struct ReferenceScan {
  uint32_t end = 0; // RVA behind the last byte that belongs to the range
  uint8_t firstInstructionSize = 0;
  std::optional<uint32_t> undecodableAt;
  // Control does not run out of the range: its last instruction returns, jumps, or calls what does not come back.
  bool hasEnd = false;
  std::vector<CodeRange> jumpTables; // by RVA
};

// Scans the ranges of one function, its body first: what the body does with registers (the image's base in one of
// them) holds for its fragments. Appends to `found`, in no order between fields of an instruction and table entries.
class ReferenceScanner {
public:
  // `function` gives the ranges that a jump table may lead to.
  ReferenceScanner(const Image &image, Decoder &decoder, const Function &function, std::vector<Reference> &found)
      : image_(image), decoder_(decoder), function_(function), found_(found) {}

  ReferenceScan scan(const CodeRange &range);

  // Ends where control cannot go on: behind a return or jump that no branch and no case of a switch leads beyond. Never
  // beyond `limit`. `entries`, ascending, are where functions may begin, or blocks of this one: it also ends before one
  // that nothing leads to or beyond.
  ReferenceScan scanOpen(uint32_t rva, uint32_t limit, std::span<const uint32_t> entries = {});

  // True when a table showed up only behind its place, which may have been read as code: the function must be scanned
  // again with this scanner, which knows the table now. A switch's code and its table can lie in two fragments.
  [[nodiscard]] bool mustScanAgain() { return std::exchange(isLate_, false); }

private:
  ReferenceScan run(const CodeRange &range, bool isOpen);
  bool endsHere(uint32_t at, const Instruction &instruction) const;
  bool isBreakpoint(const Instruction &instruction) const;
  bool staysInside(const Instruction &instruction, const Reference &reference) const;
  bool beginsBehindFiller(uint32_t rva) const;
  uint8_t byteAt(uint32_t rva) const { return bytes_[rva - range_.rva]; }
  void lookAhead(const Reference &reference, const Instruction &instruction);
  void addScopeBlock(uint32_t rva);
  void followScopes(const Reference &reference);
  void addReferences(const Instruction &instruction);
  void addNumber(const Instruction &instruction, const EncodedField &field, Reference &reference);
  void addPlace(const Instruction &instruction, const EncodedField &field, Reference &reference);
  bool isDisplacement(const Instruction &instruction, const EncodedField &field) const;
  void followArm64(const Instruction &instruction);
  void followRangesBefore();
  void followRangesBehind();
  bool followRange(const FunctionRange &range);
  void addAddress(const Instruction &instruction, const Arm64Addresses::Completed &completed);
  void noteLoad(const Arm64Addresses::Load &load, const Instruction &instruction);
  bool isAbsolute(const EncodedField &field, Reference &reference);
  bool isImageRelative(const Instruction &instruction, const EncodedField &field) const;
  void noteTable(uint32_t target, const Instruction &instruction);
  // Reads the table up to its last entry that leads into the function; returns its end.
  uint32_t readTable(size_t index);
  std::optional<uint32_t> tableEntry(uint32_t at) const;
  bool isInFunction(uint32_t rva) const;

  const Image &image_;
  Decoder &decoder_;
  const Function &function_;
  std::vector<Reference> &found_;
  bool holdsImageBase_ = false;

  CodeRange range_;
  bool isOpen_ = false;
  std::span<const uint32_t> entries_;
  std::span<const uint8_t> bytes_;
  std::vector<uint32_t> tables_; // RVAs where the function's jump tables begin, ascending
  Arm64Addresses arm64_;
  bool isLate_ = false;
  uint32_t furthestTarget_ = 0; // of branches inside the range
  SwitchBound switchBound_;
  std::vector<uint32_t> scopeBlocks_; // where handlers of structured exceptions are entered, few
  size_t nextRelocation_ = 0;         // first one at or behind the last field asked for
};

} // namespace hotgate::analyzer
