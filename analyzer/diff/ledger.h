// The ledger: every byte of both files, by what it belongs to and how it compares.
//
// Each file is cut into ranges with one owner each (a function's body, a datum, a table of the format, padding, the
// headers). Owners are paired as the diff paired them, and the bytes of a pair are compared in place. A byte that
// differs, or that has no partner, goes under its owner's cause; what has no owner and no equal on the other side is
// `unattributed`, and so is a pair of functions that was not compared. The sums are the file sizes: nothing can be left
// out silently.
#pragma once

#include "analyzer/diff/function_diff.h"
#include "analyzer/diff/referents.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hotgate::analyzer {

enum class Cause : uint8_t {
  same,             // equal bytes at the same RVA
  moved,            // equal bytes at another RVA
  functionBody,     // of a changed, added or removed function
  displacementOnly, // of an identical function: a reference whose number changed
  dataValue,        // of named data
  constant,         // of a string or another constant that only code names
  table,            // relocations, load configuration, guard tables, TLS directory
  unwind,           // .pdata and unwind info
  import,
  exportTable,
  resource,
  buildStamp, // time stamp, debug directory, DOS stub
  checksum,
  signature,    // certificate table
  symbolTable,  // COFF symbols and their string table
  headerLayout, // sizes and addresses in the headers
  padding,
  hotpatchMetadata,
  unattributed,
};
[[nodiscard]] std::string_view causeName(Cause cause); // "function body"

struct UnattributedRange {
  bool isPost = false;
  uint32_t fileOffset = 0;
  uint32_t size = 0;
  std::string section;
};

struct Ledger {
  struct Bytes {
    uint64_t pre = 0;
    uint64_t post = 0;
  };
  std::map<Cause, Bytes> byCause;
  std::vector<UnattributedRange> unattributed; // pre first, by offset
  // Bytes that differ: everything but `same` and `moved`.
  [[nodiscard]] Bytes differing() const;
};

// The ranges of both files, which of them belong together, and how many of their bytes are equal. Needs no function to
// be compared: that can be done meanwhile.
class LedgerDraft {
public:
  explicit LedgerDraft(const Referents &referents); // which must outlive it
  LedgerDraft(LedgerDraft &&) noexcept;
  LedgerDraft &operator=(LedgerDraft &&) noexcept;
  ~LedgerDraft();

  // With the causes. Errors: fault, when the sums are not the file sizes: then the ledger itself is wrong, and proves
  // nothing.
  [[nodiscard]] Result<Ledger> close(const std::vector<FunctionDifference> &functions) const;

private:
  class Ranges;
  std::unique_ptr<Ranges> ranges_;
};

} // namespace hotgate::analyzer
