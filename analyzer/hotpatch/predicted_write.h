// The bytes that applying a hotpatch image leaves in memory, record by record: what the lab compares a process with.
//
// Sources: analyzer/image/hotpatch_format.h, "redirect64". Limits: the order and the contents of what is written for
// ARM64 are not published, so only the place is predicted there; x86 is taken to be written like x64, since its extent
// is the same [I]. REL32: no loader routine is known, so nothing is predicted but the slot.
#pragma once

#include "analyzer/image/hotpatch_table.h"

namespace hotgate::analyzer {

// What the bytes hold that are known only in the process.
enum class WrittenValue {
  redirect, // the distance from the function to its thunk in the address table (rel32)
  branch,   // instructions that lead to the thunk; which ones is not known
  pointer,  // the address of the target in the other image
  copied,   // the pointer that stands at the target in the base
  perBoot,  // a value that the system makes at start
  unknown,
};
[[nodiscard]] std::string_view writtenValueName(WrittenValue value); // "redirect", "per-boot"

struct PredictedWrite {
  size_t record = 0;       // index into HotpatchTable::records
  bool inHotpatch = false; // written in the hotpatch image, not in the base
  uint32_t rva = 0;        // of the first byte
  uint32_t size = 0;
  uint32_t targetRva = 0;
  WrittenValue value = WrittenValue::unknown;
  // Lower-case hex, two characters a byte; "??" where a byte is relocated (before) or known in the process only.
  std::string before;
  std::string after;
};

// nullopt for a record that writes nothing, and for one that writes outside its image, which the loader refuses.
// `written` is the image that the record writes to.
[[nodiscard]] std::optional<PredictedWrite> predictWrite(const Image &written, const HotpatchTable &table,
                                                         size_t record);

} // namespace hotgate::analyzer
