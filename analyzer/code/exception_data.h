// Which language data each exception handler of an image has: found and told apart by its structure alone.
//
// A handler is usually a static function of the C runtime or a thunk to one, without a name. So each use is tried as
// every format, the most telling first (handler_data.h); where the next unwind record or table begins bounds it. Only
// whether a stack cookie's data stands behind another format's is asked of the handler: all its uses have it, or none.
//
// Limits: x64 and ARM64; an x86 image has none of it. Language data that is no known format is taken as words up to the
// next known record, when that is near; else it is left alone (`unknown`, size 0) and its bytes have no owner.
#pragma once

#include "analyzer/code/handler_data.h"
#include "analyzer/image/image.h"

#include <span>
#include <string_view>
#include <vector>

namespace hotgate::analyzer {

enum class HandlerDataKind : uint8_t {
  none, // the handler wants nothing
  scopeTable,
  functionInfo,
  compressedFunctionInfo,
  lsda,
  cookie,
  unknown,
  unread, // the image's tables overlap so much that reading them all would take too long
};
[[nodiscard]] std::string_view handlerDataKindName(HandlerDataKind kind); // "C scope table"

// One unwind record that names a handler.
struct HandlerUse {
  uint32_t unwindRva = 0;
  uint32_t handlerRva = 0;
  uint32_t dataRva = 0;  // language data
  uint32_t dataSize = 0; // with a cookie's data behind it
  HandlerDataKind kind = HandlerDataKind::none;
  uint32_t cookieRva = 0; // of a cookie's data behind another format's; 0: none
};

class ExceptionData {
public:
  static ExceptionData read(const Image &image);

  [[nodiscard]] std::span<const HandlerUse> uses() const { return uses_; } // by unwindRva
  // The use at this unwind record, or nullptr.
  [[nodiscard]] const HandlerUse *useAt(uint32_t unwindRva) const;
  // All unwind records, each with its language data. By RVA; hostile ones overlap.
  [[nodiscard]] std::span<const ByteRange> records() const { return records_; }
  // What the language data leads to: tables outside the unwind records. By RVA; shared and hostile ones overlap.
  [[nodiscard]] std::span<const ByteRange> tables() const { return tables_; }
  // Appends the handler and its language data. False when they could not be read, so that nothing can be said of them.
  bool appendItems(const Image &image, const FunctionRange &function, ExceptionItems &result) const;

private:
  friend class ExceptionDataReader;
  std::vector<HandlerUse> uses_;
  std::vector<ByteRange> records_;
  std::vector<ByteRange> tables_;
};

} // namespace hotgate::analyzer
