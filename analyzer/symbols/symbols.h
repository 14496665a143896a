// What a PDB or a COFF symbol table says about an image: functions, data, type layouts and source lines, already as
// RVAs of that image.
//
// Names come from the file and are hostile: they may be empty, huge, repeated or hold any byte.
// A symbol whose section or offset lies outside the image is dropped and counted, never clamped.
#pragma once

#include "analyzer/symbols/line_table.h"

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

struct FunctionSymbol {
  uint32_t rva = 0;
  uint32_t size = 0;       // bytes of the body, 0 when only a public symbol names it
  std::string name;        // as in the procedure record ("Server::Renew"); for a public symbol its linkage name
  std::string linkageName; // decorated ("?Renew@Server@@..."), "" when no public symbol stands at this RVA
  std::string object;      // object (COFF symbol table: source) file that it came from, "" for public symbols
  std::vector<std::string> inlinees; // functions with a copy inside this body (S_INLINESITE), sorted, unique
  std::string prototype = {};        // "int (Lease *, int)", "" when unknown
};

struct DataSymbol {
  uint32_t rva = 0;
  uint32_t size = 0; // bytes, 0 when unknown (public symbols)
  std::string name;  // a function-local static is "Function::name"
  std::string typeName;
  std::string object = {}; // object file of a static, "" for what the whole program sees
};

struct FieldLayout {
  std::string name;     // a base class is "base Name", the vtable pointer is "vfptr"
  uint64_t offset = 0;  // bytes, of the storage unit for a bit field
  std::string typeName; // "unsigned int:3 at bit 5" for a bit field of three bits
};

struct TypeLayout {
  std::string name;
  std::string kind; // struct, class, union, enum
  uint64_t size = 0;
  std::vector<FieldLayout> fields; // in declaration order; an enumerator is a field whose offset is its value
};

struct Symbols {
  SymbolLevel level = SymbolLevel::none;
  std::vector<FunctionSymbol> functions; // by RVA, sized ones first, then name; several at one RVA: folded bodies
  std::vector<DataSymbol> data;          // by RVA, then name
  std::vector<TypeLayout> types;         // by name, unique
  LineTable lines;                       // empty without private symbols
  // Linkage names of functions that the compiler was told to make ready for a hotpatch (S_HOTPATCHFUNC): sorted, unique.
  // Some linkers drop the record, so that an empty list says nothing.
  std::vector<std::string> hotpatchMarks = {};
  uint32_t dropped = 0;                  // symbols outside the image
};

} // namespace hotgate::analyzer
