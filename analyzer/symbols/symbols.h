// What a PDB or a COFF symbol table says about an image: functions, data, type layouts and source lines, already as
// RVAs of that image.
//
// Names come from the file and are hostile: they may be empty, huge, repeated or hold any byte.
// A symbol whose section or offset lies outside the image is dropped and counted, never clamped.
#pragma once

#include "analyzer/symbols/line_table.h"
#include "analyzer/symbols/type_layout.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hotgate::analyzer {

enum class SymbolLevel {
  none,         // neither a PDB nor a COFF symbol table
  publicOnly,   // names and addresses, no types, no sizes
  privateLevel, // procedures with sizes, types, data
};
[[nodiscard]] std::string_view symbolLevelName(SymbolLevel level); // "private"

// Where a variable or a parameter is that is, or leads to, a struct: in a register, or in memory at a register plus an
// offset, while control is between two RVAs of its function.
struct TypedPlace {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool isInMemory = false;
  bool isParameter = false;
  uint8_t reg = 0; // as the machine numbers it: rax 0, rcx 1, rdx 2; x0 0
  int32_t offset = 0;
  TypeNumber type = 0;
};

// A call that allocates an object (S_HEAPALLOCSITE).
struct AllocationSite {
  uint32_t rva = 0; // of the call
  TypeNumber type = 0;
};

struct FunctionSymbol {
  uint32_t rva = 0;
  uint32_t size = 0;       // bytes of the body, 0 when only a public symbol names it
  std::string name;        // as in the procedure record ("Server::Renew"); for a public symbol its linkage name
  std::string linkageName; // decorated ("?Renew@Server@@..."), "" when no public symbol stands at this RVA
  std::string object;      // object (COFF symbol table: source) file that it came from, "" for public symbols
  std::vector<std::string> inlinees; // functions with a copy inside this body (S_INLINESITE), sorted, unique
  bool isGlobal = false;             // what other objects can call: its parameters are where the ABI puts them
  bool tellsParameters = false;      // its records tell where parameters are
  TypeNumber prototype = 0;
  std::vector<TypedPlace> places = {};          // by begin
  std::vector<AllocationSite> allocations = {}; // by RVA
  std::string prototypeText = {};               // "int (Lease *, int)", "" when unknown
};

struct DataSymbol {
  uint32_t rva = 0;
  uint32_t size = 0; // bytes, 0 when unknown (public symbols)
  std::string name;  // a function-local static is "Function::name"
  std::string typeName;
  std::string object = {};    // object file of a static, "" for what the whole program sees
  bool isThreadLocal = false; // the RVA is in the template that each thread's block is copied from
  TypeNumber type = 0;
};

struct Symbols {
  SymbolLevel level = SymbolLevel::none;
  std::vector<FunctionSymbol> functions; // by RVA, sized ones first, then name; several at one RVA: folded bodies
  std::vector<DataSymbol> data;          // by RVA, then name
  // By name. Several of one name are different definitions: objects that do not agree, as with two static structs.
  std::vector<TypeLayout> types;
  TypeGraph typeGraph;
  LineTable lines; // empty without private symbols
  // Linkage names of functions that the compiler was told to make ready for a hotpatch (S_HOTPATCHFUNC): sorted,
  // unique. Some linkers drop the record, so that an empty list says nothing.
  std::vector<std::string> hotpatchMarks = {};
  uint32_t dropped = 0; // symbols outside the image
};

} // namespace hotgate::analyzer
