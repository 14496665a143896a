// What a program consists of: functions with their bodies and references, and data with their extents.
//
// Shapes only; how they are found is function_discovery.h, how they are looked up program.h. All addresses are RVAs,
// all sizes bytes.
#pragma once

#include "analyzer/code/decoder.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hotgate::analyzer {

using FunctionIndex = uint32_t;
using DatumIndex = uint32_t;

struct CodeRange {
  uint32_t rva = 0;
  uint32_t size = 0;
  [[nodiscard]] uint32_t end() const { return rva + size; }
  [[nodiscard]] bool contains(uint32_t address) const { return address >= rva && address - rva < size; }
  bool operator==(const CodeRange &) const = default;
};

enum class ReferenceKind : uint8_t {
  branch,        // jump, in the function or out of it (a tail call)
  call,          //
  data,          // RIP-relative: data, an import slot, or the address of a function
  absolute,      // a relocated pointer, in an instruction or in a jump table between instructions
  imageRelative, // an RVA: `mov ecx, [rdx + rax*4 + 0x11d40]` with the image's base in rdx, or a jump table's entry
};

// A field of an instruction, or an entry of an inline jump table, that holds a place instead of a number.
struct Reference {
  uint32_t instruction = 0; // RVA; of the entry itself in a jump table
  uint32_t field = 0;       // RVA of its first byte
  uint32_t target = 0;      // RVA
  uint8_t size = 0;         // bytes of the field
  ReferenceKind kind = ReferenceKind::data;
  FieldForm form = FieldForm::bytes;
  uint8_t accessWidth = 0; // bytes that the instruction reads or writes there, 0 when unknown
  bool writes = false;     // the instruction may store
  bool spreads =
      false; // what is accessed can also lie further on: an element of a table, an address kept in a register
};

enum class FunctionSource : uint8_t { pdb, publicSymbol, exported, exceptionDirectory, callTarget, pointer, gap };
[[nodiscard]] std::string_view functionSourceName(FunctionSource source);
// False for what has a name only because we gave it one, made from its address.
[[nodiscard]] bool hasOwnName(FunctionSource source);

struct Function {
  CodeRange body;                    // the primary range; body.rva is the entry
  std::vector<CodeRange> fragments;  // chained or cold parts, by RVA
  std::vector<CodeRange> jumpTables; // data inside the ranges above, by RVA
  std::string name;                  // for people
  std::string linkageName;           // decorated, or the name
  std::string object;                // object file, "" when unknown
  std::vector<std::string> names;    // all of a folded body, sorted; empty when `name` is the only one
  std::vector<std::string> inlinees;
  FunctionSource source = FunctionSource::pdb;
  uint32_t handlerRva = 0; // exception handler
  uint32_t padding = 0;    // filler bytes in front of the entry, counted up to 16
  uint8_t firstInstructionSize = 0;
  uint32_t branchesToEntry = 0; // from inside the body to what a redirect replaces at the entry
  bool isRoot = false;          // callable from outside its direct callers
  bool isOpen = false;          // nothing but its own code tells where the body ends
  std::optional<uint32_t> undecodableAt;
  std::span<const Reference> references; // by field RVA; the program owns them

  [[nodiscard]] std::span<const std::string> allNames() const {
    return names.empty() ? std::span(&name, 1) : std::span(names);
  }
  [[nodiscard]] bool contains(uint32_t address) const;
  [[nodiscard]] uint32_t totalSize() const;
  // The body is range -1, fragments count from 0.
  [[nodiscard]] const CodeRange &range(int part) const { return part < 0 ? body : fragments[part]; }
  [[nodiscard]] int rangeCount() const { return static_cast<int>(fragments.size()); }
  [[nodiscard]] std::span<const Reference> referencesIn(const CodeRange &range) const;
};

struct Datum {
  uint32_t rva = 0;
  uint32_t size = 0;         // bytes up to its own end, or to the next known place
  std::string name;          // "" when only a reference shows that it exists
  std::string typeName;      // "" when unknown
  std::string object;        // object file of a static, "" for what the whole program sees
  bool sized = false;        // the size is the symbol's own
  bool isReferenced = false; // an instruction or a pointer leads into it
};

} // namespace hotgate::analyzer
