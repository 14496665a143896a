// Which members of which structs a function's code touches: followed from the places where the PDB says that a register
// holds a `T *`, or that a `T` or `T *` is in memory.
//
// Exact, never a guess: a register counts as `T *` in the range that the PDB gives, behind a copy, an address
// computation that stays in the object, a load from a `T *` member, variable or global, or a call of a function that
// returns one. At every place that a jump can lead to, and behind every instruction that control does not run over,
// all that was only derived is forgotten, and a call leaves nothing in the registers that it may change.
//
// Limits: what is not known gives nothing, so absence is no proof that a member is not used. An index is not followed:
// such an access touches the object, at no known member. Bodies that the linker folded have no types.
#pragma once

#include "analyzer/code/decoder.h"
#include "analyzer/code/program.h"
#include "analyzer/symbols/record_layouts.h"

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hotgate::analyzer {

struct RecordAccess {
  TypeNumber record = 0;
  std::optional<uint64_t> offset; // none: indexed, or more than one object's
  uint8_t width = 0;              // bytes, 0 when unknown
  bool writes = false;
  uint32_t site = 0; // RVA
};

struct AllocationCall {
  uint32_t site = 0;
  std::string allocator;        // "HeapAlloc"; "" when only the PDB says that it allocates
  std::optional<uint64_t> size; // bytes, when it is a constant
  TypeNumber record = 0;        // as the PDB says (S_HEAPALLOCSITE), 0 when it does not
  bool saysType = false;        // the PDB says a type, which may be no record
};

// An access through a register of which nothing is known.
struct UnknownAccess {
  int64_t displacement = 0;
  uint8_t width = 0;
  uint32_t site = 0;
};

struct FunctionUse {
  std::vector<RecordAccess> accesses;
  std::vector<AllocationCall> allocations;
  std::vector<UnknownAccess> unknown;
  std::vector<std::pair<uint32_t, int64_t>> numbers; // site and value of immediates and displacements, from 2 on
};

// Looks functions up by RVA. Shared by all walkers of a program.
class TypedProgram {
public:
  explicit TypedProgram(const Program &program);

  [[nodiscard]] const Program &program() const { return program_; }
  [[nodiscard]] const TypeGraph &types() const { return program_.symbols().typeGraph; }
  [[nodiscard]] const RecordLayouts &layouts() const { return layouts_; }
  // The procedure of a function that has one; nullptr for a folded body and where the PDB has none.
  [[nodiscard]] const FunctionSymbol *procedure(const Function &function) const;
  // The variable that has this byte, when it is a struct or leads to one.
  [[nodiscard]] const DataSymbol *variableAt(uint32_t rva) const;

private:
  const Program &program_;
  RecordLayouts layouts_;
};

class PointerWalker {
public:
  PointerWalker(const TypedProgram &typed, Decoder decoder) : typed_(typed), decoder_(std::move(decoder)) {}

  FunctionUse walk(FunctionIndex function);

private:
  struct Pointer {
    TypeNumber record = 0; // 0: unknown
    uint64_t offset = 0;
    bool operator==(const Pointer &) const = default;
  };
  struct Register {
    Pointer pointer;
    std::optional<int64_t> number;
  };
  // One register can be two variables, as `this` of a class and of its base.
  using Pointers = std::vector<Pointer>;

  void walkRange(const CodeRange &range);
  void step(const Instruction &instruction, const RegisterUse &use, std::span<const Reference> references);
  void enterFunction();
  void forget();
  void enterOnStack(const Prototype &prototype);
  void followStack(const Instruction &instruction, const RegisterUse &use);
  // What a memory operand is above the entry's esp.
  [[nodiscard]] std::optional<int64_t> stackOffset(const RegisterUse &use) const;
  void advancePlaces(uint32_t rva);
  void access(const Instruction &instruction, const RegisterUse &use, std::span<const Reference> references);
  void accessAt(const Pointer &pointer, int64_t displacement, const Instruction &instruction, bool isIndexed);
  void noteSums(const Instruction &instruction, const RegisterUse &use);
  void call(const Instruction &instruction, std::span<const Reference> references);
  [[nodiscard]] Register result(const RegisterUse &use, std::span<const Reference> references) const;
  [[nodiscard]] Pointers pointersIn(uint8_t reg) const;
  // What a memory operand is, when it is a variable: the struct and where in it. Of a pointer, what it leads to.
  [[nodiscard]] Pointer structAt(const RegisterUse &use, std::span<const Reference> references) const;
  [[nodiscard]] TypeNumber pointerAt(const RegisterUse &use, std::span<const Reference> references) const;
  [[nodiscard]] const TypedPlace *placeAt(const RegisterUse &use) const;
  [[nodiscard]] std::optional<uint32_t> variableTarget(const RegisterUse &use,
                                                       std::span<const Reference> references) const;
  [[nodiscard]] Pointer inside(TypeNumber type, uint64_t offset) const;
  [[nodiscard]] Pointer moved(const Pointer &pointer, int64_t by) const;
  [[nodiscard]] std::optional<uint64_t> argument(size_t index) const;
  [[nodiscard]] const AllocationSite *allocationAt(uint32_t rva) const;
  [[nodiscard]] std::string calledName(const Reference &reference) const;

  const TypedProgram &typed_;
  Decoder decoder_;
  const Function *function_ = nullptr;
  const FunctionSymbol *procedure_ = nullptr;
  std::set<uint32_t> leaders_;
  size_t nextPlace_ = 0;
  std::vector<const TypedPlace *> places_; // that hold at the instruction
  std::array<Register, 32> registers_{};
  // x86, from the entry to the first place that a jump leads to: how far esp and ebp are below the entry's esp, and
  // what the pointers are that the caller put above it.
  std::optional<int64_t> stackDepth_, frameDepth_;
  std::map<int64_t, TypeNumber> stackParameters_;
  std::vector<std::optional<int64_t>> pushed_; // x86, since the last call
  FunctionUse use_;
};

} // namespace hotgate::analyzer
