// What no loader refuses in a hotpatch image and is odd all the same, record by record.
//
// Needs both images, and names where a check is about names: without symbols those checks find nothing, and the rules
// on them need symbols. Facts only: which of these matter, and how much, the rules say.
#pragma once

#include "analyzer/hotpatch/place_names.h"
#include "analyzer/image/hotpatch_table.h"

namespace hotgate::analyzer {

enum class OddityKind {
  paddingNotFiller,       // FUNCTION: the bytes in front of the function are neither CC nor 90
  stopsAllProcessors,     // FUNCTION: the 2-byte write crosses an 8-byte border
  beginsWithJump,         // FUNCTION: E9 or FF 25 at the entry, as an inline hook has; also a tail call
  sharesBytes,            // FUNCTION: another symbol begins in the bytes that are written
  slotNoPointer,          // a slot that holds no relocated pointer
  slotExecutable,         // a slot in executable memory
  slotTwice,              // two records write the same bytes of the hotpatch image
  otherVariable,          // ABSOLUTE: the slot is the reference to X, the target is not X
  insideVariable,         // ABSOLUTE: the target is X, but not its first byte
  otherSize,              // ABSOLUTE: X has another size in the base
  otherImport,            // INDIRECT: the two places are not slots of the same import
  callTargetMissing,      // FUNCTION: the new function may be called indirectly, and no CALL_TARGET allows it
  callTargetContradicted, // CALL_TARGET and NO_CALL_TARGET of one function
  callTargetNoCode,       // CALL_TARGET of something that is no code
  unboundReference,       // a __ref_ symbol without a record
  unknownEffect,          // REL32: no loader is known to write it
  functionOverride,       // FUNCTION: the system may choose another version of the function at load time
  hybridCode,             // ARM64EC or ARM64X code beside the code that is patched
  addressTablePairs,      // more redirects than one pair of address table pages holds
  minSequence,            // MinSequenceNumber is higher than the image's own sequence number
  baseNotMarked,          // the hotpatch image is marked as hotpatch compatible, its base is not
};
[[nodiscard]] std::string_view oddityName(OddityKind kind); // "padding-not-filler"

struct HotpatchOddity {
  std::optional<size_t> record; // index into HotpatchTable::records; nullopt: of the whole table
  OddityKind kind = OddityKind::unknownEffect;
  std::string name; // of the function, slot or variable, "" when none
  std::string text;
};

struct AuditedImage {
  const Image &image;
  const PlaceNames &names;
};

// Of the records for that base. By record, those of the whole table last.
[[nodiscard]] std::vector<HotpatchOddity> auditRecords(const AuditedImage &base, const AuditedImage &hotpatch,
                                                       const HotpatchTable &table, uint32_t baseIndex);

} // namespace hotgate::analyzer
