// A program: an image, understood. Functions with their bodies and references, data with its extents.
//
// Built once per image, in parallel, and read only from then on: indexes (FunctionIndex, DatumIndex) are stable and in
// RVA order.
#pragma once

#include "analyzer/code/exception_data.h"
#include "analyzer/code/function.h"
#include "analyzer/code/image_structures.h"
#include "analyzer/code/ownership.h"
#include "analyzer/image/image.h"
#include "analyzer/symbols/symbols.h"
#include "support/budget.h"
#include "support/result.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace hotgate::analyzer {

class Program {
public:
  // Takes the image over. `earlier`, when there is one, is a build that much of this one's code is expected to equal:
  // it saves decoding and changes no result. A program whose budget was spent is incomplete(), and no error.
  // Errors: input, for a machine that is not decoded.
  static Result<Program> build(Image image, Symbols symbols, const Program *earlier = nullptr,
                               const Budget &budget = {});

  // Two builds of one program, side by side as far as the second does not need the first's functions. As if both were
  // built one after the other, `pre` being `earlier` to `post`.
  static Result<std::pair<Program, Program>> buildPair(Image pre, Symbols preSymbols, Image post, Symbols postSymbols,
                                                       const Budget &budget = {});

  Program(Program &&) = default;
  Program &operator=(Program &&) = default;

  [[nodiscard]] const Image &image() const { return image_; }
  [[nodiscard]] const Symbols &symbols() const { return symbols_; }
  // Where the PE format's own tables lie, by RVA.
  [[nodiscard]] const std::vector<Structure> &structures() const { return structures_; }
  [[nodiscard]] const ExceptionData &exceptionData() const { return exceptionData_; }
  [[nodiscard]] std::span<const Function> functions() const { return functions_; }
  [[nodiscard]] std::span<const Datum> data() const { return data_; }

  // What a spent budget left undone: functions that nobody looked for. "" for a whole program.
  [[nodiscard]] const std::string &incomplete() const { return incomplete_; }

  [[nodiscard]] const Owner *ownerAt(uint32_t rva) const { return ownership_.at(rva); }
  [[nodiscard]] std::span<const Owner> owners() const { return ownership_.all(); }
  [[nodiscard]] std::optional<FunctionIndex> functionAtEntry(uint32_t rva) const;
  [[nodiscard]] std::optional<FunctionIndex> functionContaining(uint32_t rva) const;
  [[nodiscard]] std::optional<DatumIndex> datumContaining(uint32_t rva) const;

  [[nodiscard]] std::span<const BaseRelocation> relocationsIn(const CodeRange &range) const;
  // RVAs of 4-byte fields in data that hold an RVA, without a relocation to tell it (run_time_types.h).
  [[nodiscard]] std::span<const uint32_t> imageRelativeFieldsIn(const CodeRange &range) const;
  // The range's file-backed bytes.
  [[nodiscard]] std::span<const uint8_t> bytesOf(const CodeRange &range) const;

  // "g_statistics+0x8", "ParseOptions", "kernel32.dll!HeapAlloc", ".rdata+0x40": how people call a place.
  [[nodiscard]] std::string describe(uint32_t rva) const;

private:
  Program(Image image, Symbols symbols)
      : image_(std::move(image)), symbols_(std::move(symbols)), exceptionData_(ExceptionData::read(image_)),
        structures_(imageStructures(image_, exceptionData_)) {}
  class Building;
  void index();
  void markRoots();
  void markRoot(uint32_t rva);
  void nameTheNameless();

  Image image_;
  Symbols symbols_;
  ExceptionData exceptionData_;
  std::vector<Structure> structures_;
  std::vector<Function> functions_;
  std::vector<std::vector<Reference>> references_; // what the functions' spans point into
  std::vector<Datum> data_;
  std::vector<uint32_t> imageRelativeFields_; // ascending
  Ownership ownership_;
  std::string incomplete_;
};

} // namespace hotgate::analyzer
