// Language data of exception handlers, walked: what stands behind a handler's RVA in an unwind record, and the tables
// that it leads to.
//
// A walk does two things at once. It names the bytes that it read (`owned`), and it writes them down as items that do
// not depend on where anything lies: a number stays a number, an RVA becomes "this place", to be compared by what is
// there. RVAs of the tables themselves are followed and leave no item. Nothing is taken from names: a walk checks each
// bound, and that what must be code is code; a walk that fails leaves no trace, and says so.
//
// Formats: C scope tables, C++ FuncInfo (magic 0x19930520 to 22: "FH3"; LLVM and Rust write it as well) and its
// compressed form ("FH4"), stack cookie data (__GSHandlerCheck and its companions), as the headers ehdata.h,
// ehdata4_export.h and gshandler.cpp of Microsoft's C runtime define them; LSDA of the Itanium C++ ABI (GCC, clang for
// mingw). Limits: x64 and ARM64. x86 has no unwind records; its tables are plain data to Hotgate.
#pragma once

#include "analyzer/image/image.h"

#include <cstdint>
#include <vector>

namespace hotgate::analyzer {

struct ExceptionItem {
  enum class Kind : uint8_t {
    number,         //
    offset,         // from the function's begin, where code of the function lies
    place,          // an RVA
    handler,        // the RVA of the handler itself, which can lie in data
    end,            // an RVA: where a range of code ends, exclusive
    typeDescriptor, // an RVA of a C++ type descriptor, which is called by the name in it
    word,           // of an unknown format: a number, or an RVA
  };
  Kind kind = Kind::number;
  uint32_t value = 0;
};

struct ByteRange {
  uint32_t rva = 0;
  uint32_t size = 0;
  [[nodiscard]] uint32_t end() const { return rva + size; }
};

// What one walk yields.
struct ExceptionItems {
  std::vector<ExceptionItem> items;
  std::vector<ByteRange> owned; // tables that the language data leads to, not the language data itself
  void clear() {
    items.clear();
    owned.clear();
  }
};

class HandlerDataWalk {
public:
  // `function`: whose unwind record it is. `budget`: items that may still be read; hostile tables overlap, so one byte
  // may be read often. Appends to `result`.
  HandlerDataWalk(const Image &image, const FunctionRange &function, uint64_t &budget, ExceptionItems &result)
      : image_(image), function_(function), budget_(budget), result_(result) {}

  // Each walks language data at `rva` that ends before `limit`: its size, or 0 when it is not of this format.
  uint32_t scopeTable(uint32_t rva, uint32_t limit);
  uint32_t functionInfo(uint32_t rva, uint32_t limit);
  uint32_t compressedFunctionInfo(uint32_t rva, uint32_t limit);
  uint32_t lsda(uint32_t rva, uint32_t limit);
  uint32_t cookie(uint32_t rva, uint32_t limit);
  // Words of a format that nobody knows, up to the limit.
  uint32_t words(uint32_t rva, uint32_t limit);

  [[nodiscard]] bool isBudgetSpent() const { return budget_ == 0; }

private:
  class Cursor;
  template <class Walk> uint32_t attempt(Walk walk);

  bool readFunctionInfo(uint32_t rva);
  bool readScopes(uint32_t rva, uint32_t count);
  bool readUnwindMap(uint32_t rva, uint32_t count);
  bool readTryBlocks(uint32_t rva, uint32_t count);
  bool readHandlers(uint32_t rva, uint32_t count);
  bool readIpStates(uint32_t rva, uint32_t count);
  bool readExceptionSpecification(uint32_t rva);

  bool readCompressedInfo(uint32_t rva);
  template <class ReadEntry> bool readCounted(uint32_t rva, uint32_t leastCount, ReadEntry readEntry);
  bool readCompressedUnwindMap(uint32_t rva);
  bool readCompressedTryBlocks(uint32_t rva);
  bool readCompressedHandlers(uint32_t rva);
  bool readCompressedHandler(Cursor &at);
  bool readCompressedIpStates(uint32_t rva, uint32_t codeBegin);
  bool readSegments(uint32_t rva);

  // The size, or 0.
  uint32_t readLsda(uint32_t rva, uint32_t limit);
  bool readCallSites(Cursor &at, uint32_t end, uint8_t encoding, std::vector<uint32_t> &actions);
  bool readAction(uint32_t table, uint32_t action, uint32_t limit, uint32_t &end, uint32_t &mostType);
  bool readTypes(uint32_t base, uint8_t encoding, uint32_t count);

  bool add(ExceptionItem::Kind kind, uint32_t value);
  bool addCode(uint32_t rva); // a place that must be code
  bool addType(uint32_t rva);
  void own(uint32_t rva, const Cursor &end);
  [[nodiscard]] bool isCode(uint32_t rva) const;
  [[nodiscard]] bool isTable(uint32_t rva) const;

  const Image &image_;
  const FunctionRange &function_;
  uint64_t &budget_;
  ExceptionItems &result_;
};

} // namespace hotgate::analyzer
