// One unwind record, cut into its parts: the codes that undo a prologue, and the handler behind them.
//
// x64: UNWIND_INFO (winnt.h; "x64 exception handling", learn.microsoft.com), versions 1 to 3. ARM64: an .xdata record
// ("ARM64 exception handling"); packed entries have none. Language data behind the handler has a format of the
// handler's own: analyzer/code/exception_data.h.
#pragma once

#include "analyzer/image/image.h"

#include <optional>
#include <span>

namespace hotgate::analyzer {

struct UnwindInfo {
  uint8_t version = 0;
  bool isChained = false;  // a RUNTIME_FUNCTION stands at tailOffset
  bool hasHandler = false; // the handler's RVA stands at tailOffset, language data behind it
  uint32_t tailOffset = 0; // from the record's begin: bytes of header, epilogue scopes and codes
  uint32_t codeLength = 0; // ARM64: bytes of the function, as the header says; x64: 0
  [[nodiscard]] uint32_t size() const { return tailOffset + (isChained ? 12U : hasHandler ? 4U : 0U); }
};

// `bytes`: from the record's begin to the end of its section. nullopt when they end before the header does; the tail
// may still lie outside.
std::optional<UnwindInfo> readUnwindInfo(Machine machine, std::span<const uint8_t> bytes);

// The unwind record of a range: an x64 entry may name another entry's instead of its own. 0 when there is none.
uint32_t unwindRecordOf(const Image &image, const FunctionRange &range);

} // namespace hotgate::analyzer
