// The hotpatch metadata of a PE image: layouts and constants, nothing that reads.
//
// One place for what is known of the format, shared by the analyzer's parser, the tool that makes hotpatch images and
// the program that applies them inside the guest; so it needs nothing but the C++ library's integer headers.
//
// Where each fact comes from is marked, because not all of them are documented:
//   [H] public SDK headers (winnt.h) or vendor documentation
//   [B] loader behaviour, observed and published by third parties
//   [I] inference of ours, to be confirmed on a real image
//
// All integers are little endian, all fields 32 bits unless said otherwise. Limits: no legacy (2003) format beyond the
// section name that gives it away; no ARM64EC.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hotgate::hotpatch {

// Where the image says that it is a hotpatch [H]: the load configuration's HotPatchTableOffset, which is an RVA of
// IMAGE_HOT_PATCH_INFO in spite of its name [B]. 0: not a hotpatch.
inline constexpr uint32_t tableOffsetIn64BitLoadConfiguration = 0xF0;
inline constexpr uint32_t tableOffsetIn32BitLoadConfiguration = 0x94;

// A section of this name marks the 2003 format (signature "HOT1"), which is recognised and refused [H].
inline constexpr std::string_view legacySectionName = ".hotp1";

// IMAGE_HOT_PATCH_INFO: offsets of its fields [H]. A version adds fields at the end.
namespace info {
inline constexpr uint32_t version = 0x00;
inline constexpr uint32_t size = 0x04; // of the whole blob: INFO, bases, tables
inline constexpr uint32_t sequenceNumber = 0x08;
inline constexpr uint32_t baseImageList = 0x0C; // offset from INFO to baseImageCount offsets, each from INFO
inline constexpr uint32_t baseImageCount = 0x10;
inline constexpr uint32_t bufferOffset = 0x14;      // since version 2
inline constexpr uint32_t extraPatchSize = 0x18;    // since version 3
inline constexpr uint32_t minSequenceNumber = 0x1C; // since version 4
inline constexpr uint32_t flags = 0x20;             // since version 4
} // namespace info

inline constexpr uint32_t minVersion = 1; // [B]
inline constexpr uint32_t maxVersion = 4; // [B]

// The least INFO.Size of a version [B]; nullopt for a version that the loader refuses.
[[nodiscard]] constexpr std::optional<uint32_t> infoSize(uint32_t version) {
  constexpr std::array<uint32_t, 4> sizes{20, 24, 28, 36};
  if (version < minVersion || version > maxVersion)
    return std::nullopt;
  return sizes[version - 1];
}

// INFO.Flags [H]
inline constexpr uint32_t infoFlagPatchOrderCritical = 0x1;
inline constexpr uint32_t infoFlagHotSwap = 0x2;

// IMAGE_HOT_PATCH_BASE: offsets of its fields [H].
namespace base {
inline constexpr uint32_t sequenceNumber = 0x00;
inline constexpr uint32_t flags = 0x04;
inline constexpr uint32_t originalTimeDateStamp = 0x08; // must equal the base's COFF TimeDateStamp [B]
inline constexpr uint32_t originalCheckSum = 0x0C;      // must equal the base's optional header's CheckSum [B]
inline constexpr uint32_t codeIntegrityInfo = 0x10;     // offset from INFO to IMAGE_HOT_PATCH_HASHES [I]
inline constexpr uint32_t codeIntegritySize = 0x14;
inline constexpr uint32_t patchTable = 0x18;   // offset from INFO [B]
inline constexpr uint32_t bufferOffset = 0x1C; // version 2 and later
} // namespace base
inline constexpr uint32_t baseSize = 32;

// IMAGE_HOT_PATCH_HASHES [H]: SHA-256, then SHA-1.
inline constexpr uint32_t sha256Size = 32;
inline constexpr uint32_t sha1Size = 20;
inline constexpr uint32_t hashesSize = sha256Size + sha1Size;

// BASE.Flags [H]
inline constexpr uint32_t baseFlagObligatory = 0x01;
inline constexpr uint32_t baseFlagCanRollBack = 0x02;
inline constexpr uint32_t baseFlagMachineI386 = 0x04;
inline constexpr uint32_t baseFlagMachineArm64 = 0x08;
inline constexpr uint32_t baseFlagMachineAmd64 = 0x10;

// The patch table: chunks of one header and COUNT records; a header of 0 ends it [B]. Bits of a header [H]:
inline constexpr uint32_t chunkInverse = 0x80000000U;    // what is written lies in the patch image, not in the base
inline constexpr uint32_t chunkObligatory = 0x40000000U; // refused by the loader [B]
inline constexpr uint32_t chunkReserved = 0x3FF03000U;   // must be 0 [B]
inline constexpr uint32_t chunkTypeMask = 0x000FC000U;   // includes the next two bits: they are part of a type's value
inline constexpr uint32_t chunkSourceRva = 0x00008000U;
inline constexpr uint32_t chunkTargetRva = 0x00004000U;
inline constexpr uint32_t chunkCountMask = 0x00000FFFU;

// The types [H]; what the loader does with them [B].
enum class ChunkType : uint32_t {
  none = 0,
  function = 0x1C000,     // redirect base function [0] to patch function [1]; the only type that may be forward
  absolute = 0x2C000,     // pointer slot [0] of the patch = address of base [1]
  rel32 = 0x3C000,        // 4-byte slot; no loader routine that handles it is known
  callTarget = 0x44000,   // no write: [0] becomes a valid indirect call target of the patch image
  indirect = 0x5C000,     // pointer slot [0] of the patch = the pointer value found at base [1]
  noCallTarget = 0x64000, // no write: [0] stops being one
  dynamicValue = 0x78000, // slot [0] of the patch = a value made at boot; [1] must not be 0xFFFFFFFF
};
inline constexpr uint32_t dynamicValueInvalid = 0xFFFFFFFFU;

struct ChunkHeader {
  uint32_t raw = 0;
  [[nodiscard]] constexpr bool endsTable() const { return raw == 0; }
  [[nodiscard]] constexpr bool isInverse() const { return (raw & chunkInverse) != 0; }
  [[nodiscard]] constexpr bool isObligatory() const { return (raw & chunkObligatory) != 0; }
  [[nodiscard]] constexpr uint32_t reservedBits() const { return raw & chunkReserved; }
  [[nodiscard]] constexpr uint32_t typeBits() const { return raw & chunkTypeMask; }
  [[nodiscard]] constexpr uint32_t count() const { return raw & chunkCountMask; }
  // nullopt: no type of that value is known
  [[nodiscard]] constexpr std::optional<ChunkType> type() const {
    switch (const auto type = static_cast<ChunkType>(typeBits())) {
    case ChunkType::none:
    case ChunkType::function:
    case ChunkType::absolute:
    case ChunkType::rel32:
    case ChunkType::callTarget:
    case ChunkType::indirect:
    case ChunkType::noCallTarget:
    case ChunkType::dynamicValue:
      return type;
    }
    return std::nullopt;
  }
};

[[nodiscard]] constexpr std::string_view chunkTypeName(ChunkType type) {
  switch (type) {
  case ChunkType::none:
    return "NONE";
  case ChunkType::function:
    return "FUNCTION";
  case ChunkType::absolute:
    return "ABSOLUTE";
  case ChunkType::rel32:
    return "REL32";
  case ChunkType::callTarget:
    return "CALL_TARGET";
  case ChunkType::indirect:
    return "INDIRECT";
  case ChunkType::noCallTarget:
    return "NO_CALL_TARGET";
  case ChunkType::dynamicValue:
    return "DYNAMIC_VALUE";
  }
  return "";
}

// A record is this many 32-bit values [B]: [0] the RVA that is written, [1] the RVA in the other image that it is made
// to point to, [2..] the first original bytes of a FUNCTION. ExtraPatchSize counts 32-bit values here, not bytes.
// 64 bits wide, so that a hostile ExtraPatchSize cannot wrap.
[[nodiscard]] constexpr uint64_t recordValues(uint32_t version, uint32_t extraPatchSize) {
  return uint64_t{2} + (version >= 3 ? uint64_t{extraPatchSize} : uint64_t{0});
}
[[nodiscard]] constexpr uint64_t recordBytes(uint32_t version, uint32_t extraPatchSize) {
  return recordValues(version, extraPatchSize) * sizeof(uint32_t);
}

// The machine, by the values of IMAGE_FILE_HEADER.Machine [H].
inline constexpr uint16_t machineI386 = 0x014C;
inline constexpr uint16_t machineAmd64 = 0x8664;
inline constexpr uint16_t machineArm64 = 0xAA64;

// What applying a record writes, relative to its [0]: the bytes [rva - before, rva + after) [B].
struct WriteExtent {
  uint32_t before = 0;
  uint32_t after = 0;
};
// nullopt: the record writes nothing (call targets), or nobody knows what it writes.
[[nodiscard]] constexpr std::optional<WriteExtent> writeExtent(ChunkType type, uint16_t machine) {
  const uint32_t pointerSize = machine == machineI386 ? 4 : 8;
  switch (type) {
  case ChunkType::function:
    return machine == machineArm64 ? WriteExtent{0, 8} : WriteExtent{6, 2};
  case ChunkType::absolute:
  case ChunkType::indirect:
  case ChunkType::dynamicValue:
    return WriteExtent{0, pointerSize};
  case ChunkType::rel32:
    return WriteExtent{0, 4};
  case ChunkType::none:
  case ChunkType::callTarget:
  case ChunkType::noCallTarget:
    return std::nullopt;
  }
  return std::nullopt;
}

// How a FUNCTION is redirected on x64 [B].
namespace redirect64 {
inline constexpr uint32_t padding = 6; // filler bytes (CC or 90) that must precede the function
inline constexpr uint8_t fillerBreakpoint = 0xCC;
inline constexpr uint8_t fillerNop = 0x90;
inline constexpr uint8_t jumpOpcode = 0xE9;                    // jmp rel32 to the thunk, at function - 5
inline constexpr uint32_t jumpBefore = 5;                      // function - jumpBefore is where it begins
inline constexpr std::array<uint8_t, 2> entryJump{0xEB, 0xF9}; // jmp $-5, at the function; written last, in one store
// Older systems: FF 25 disp32 at function - 6 and EB F8.
inline constexpr std::array<uint8_t, 2> olderEntryJump{0xEB, 0xF8};
// A function already redirected begins with EB and a displacement of -18 to -1, that is EE..FF.
inline constexpr uint8_t shortJumpOpcode = 0xEB;
inline constexpr uint8_t lowestRedirectDisplacement = 0xEE;
// The 2-byte store crosses an 8-byte boundary, so that all processors are stopped for it.
[[nodiscard]] constexpr bool stopsAllProcessors(uint64_t function) { return (function & 7U) == 7U; }
} // namespace redirect64

// The hot patch address table behind an image: pairs of a page of thunks and the page of the slots that they jump
// through [B].
namespace addressTable {
inline constexpr uint32_t pageSize = 0x1000;
inline constexpr uint32_t entrySize = 8;
inline constexpr uint32_t entriesPerPair = pageSize / entrySize;
inline constexpr std::array<uint8_t, entrySize> thunk{0xFF, 0x25, 0xFA, 0x0F, 0x00, 0x00, 0xCC, 0xCC};
} // namespace addressTable

// Optional export of a patch image, called at apply time; a failure at stage 1 or 2 kills the process [B].
inline constexpr std::string_view mainCalloutExport = "__PatchMainCallout__";
enum class CalloutStage : uint32_t { mayRefuse = 0, committed = 1, undo = 2 };

// What the loader answers [B]; the values are NTSTATUS [H].
namespace status {
inline constexpr uint32_t conflictingAddresses = 0xC0000018U; // the original bytes are not what the patch expects
inline constexpr uint32_t revisionMismatch = 0xC0000059U;     // the patch is for another base
inline constexpr uint32_t invalidImageFormat = 0xC000007BU;   // malformed metadata
inline constexpr uint32_t patchConflict = 0xC00004ACU;        // address table full, or changed by something else
} // namespace status

// A function that reaches the base's mutable global X does so through this prefix plus X: a pointer in the patch's
// read-only data that an INVERSE ABSOLUTE record binds [H: LLVM's -fms-secure-hotpatch-functions].
inline constexpr std::string_view referencePrefix = "__ref_";

// Extended DLL characteristics (debug directory type 20) of an image that may be hotpatched [H].
inline constexpr uint32_t debugTypeExtendedCharacteristics = 20;
inline constexpr uint32_t extendedCharacteristicHotpatchCompatible = 0x80;

} // namespace hotgate::hotpatch
