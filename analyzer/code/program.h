// A program: an image, understood. Functions with their bodies and references, data with its extents.
//
// Functions come from PDB procedures, the exception directory (a chained entry is a fragment of its primary), exports,
// the entry point, and call targets that nothing else names. Data comes from PDB symbols and, where those are silent,
// from what code and relocated pointers refer to.
//
// Built once per image, in parallel, and read only from then on: indexes (FunctionIndex, DatumIndex) are stable and in
// RVA order.
#pragma once

#include "analyzer/code/image_structures.h"
#include "analyzer/image/image.h"
#include "analyzer/symbols/symbols.h"
#include "support/result.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hotgate::analyzer {

using FunctionIndex = uint32_t;
using DatumIndex = uint32_t;

struct CodeRange {
  uint32_t rva = 0;
  uint32_t size = 0;
  [[nodiscard]] uint32_t end() const { return rva + size; }
  [[nodiscard]] bool contains(uint32_t address) const { return address >= rva && address - rva < size; }
};

enum class ReferenceKind : uint8_t {
  branch, // jump, in the function or out of it (a tail call)
  call,
  data,     // RIP-relative: data, an import slot, or the address of a function
  absolute, // a relocated pointer in the instruction
};

// A field of an instruction that holds a place instead of a number.
struct Reference {
  uint32_t instruction = 0; // RVA
  uint32_t field = 0;       // RVA of its first byte
  uint8_t size = 0;         // bytes of the field
  ReferenceKind kind = ReferenceKind::data;
  bool writes = false; // the instruction may store
  uint32_t target = 0; // RVA
};

enum class FunctionSource : uint8_t { pdb, publicSymbol, exported, exceptionDirectory, callTarget };
[[nodiscard]] std::string_view functionSourceName(FunctionSource source);

struct Function {
  CodeRange body;                   // the primary range; body.rva is the entry
  std::vector<CodeRange> fragments; // chained or cold parts, by RVA
  std::string name;                 // for people
  std::string linkageName;          // decorated, or the name
  std::string object;               // object file, "" when unknown
  std::vector<std::string> names;   // all of a folded body, sorted; at least `name`
  std::vector<std::string> inlinees;
  FunctionSource source = FunctionSource::pdb;
  uint32_t handlerRva = 0; // exception handler
  uint32_t padding = 0;    // filler bytes in front of the entry, counted up to 16
  uint8_t firstInstructionSize = 0;
  uint32_t branchesToEntry = 0; // from inside the body to entry or entry + 1
  bool isRoot = false;          // callable from outside its direct callers
  std::optional<uint32_t> undecodableAt;
  std::vector<Reference> references; // by field RVA

  [[nodiscard]] bool contains(uint32_t address) const;
  [[nodiscard]] uint32_t totalSize() const;
};

struct Datum {
  uint32_t rva = 0;
  uint32_t size = 0;    // bytes up to its own end, or to the next known place
  std::string name;     // "" when only a reference shows that it exists
  std::string typeName; // "" when unknown
  std::string object;   // object file of a static, "" for what the whole program sees
  bool sized = false;   // the size is the symbol's own
};

class Program {
public:
  // Takes the image over. Errors: input, for a machine that is not decoded.
  static Result<Program> build(Image image, Symbols symbols);

  Program(Program &&) = default;
  Program &operator=(Program &&) = default;

  [[nodiscard]] const Image &image() const { return image_; }
  [[nodiscard]] const Symbols &symbols() const { return symbols_; }
  // Where the PE format's own tables lie, by RVA.
  [[nodiscard]] const std::vector<Structure> &structures() const { return structures_; }
  [[nodiscard]] std::span<const Function> functions() const { return functions_; }
  [[nodiscard]] std::span<const Datum> data() const { return data_; }

  [[nodiscard]] std::optional<FunctionIndex> functionAtEntry(uint32_t rva) const;
  [[nodiscard]] std::optional<FunctionIndex> functionContaining(uint32_t rva) const;
  [[nodiscard]] std::optional<DatumIndex> datumContaining(uint32_t rva) const;

  // What a pointer-sized value in the image points to; nullopt when that lies outside the image.
  [[nodiscard]] std::optional<uint32_t> pointerAt(uint32_t rva) const;
  [[nodiscard]] std::span<const BaseRelocation> relocationsIn(const CodeRange &range) const;

  // "g_statistics+0x8", "ParseOptions", "kernel32.dll!HeapAlloc", ".rdata+0x40": how people call a place.
  [[nodiscard]] std::string describe(uint32_t rva) const;

private:
  friend class ProgramBuilder;
  Program(Image image, Symbols symbols)
      : image_(std::move(image)), symbols_(std::move(symbols)), structures_(imageStructures(image_)) {}

  struct RangeOwner {
    CodeRange range;
    FunctionIndex function;
  };

  Image image_;
  Symbols symbols_;
  std::vector<Structure> structures_;
  std::vector<Function> functions_;
  std::vector<RangeOwner> ranges_; // bodies and fragments, by RVA
  std::vector<Datum> data_;
};

} // namespace hotgate::analyzer
