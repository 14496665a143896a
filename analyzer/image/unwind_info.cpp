#include "analyzer/image/unwind_info.h"

#include <llvm/Support/Endian.h>
#include <llvm/Support/Win64EH.h>

namespace hotgate::analyzer {

using llvm::support::endian::read32le;

namespace {

constexpr int mostForwards = 32; // links that the system's own unwinder follows

// Version and flags, prologue size, number of two-byte codes, frame register; the codes, padded to an even number.
std::optional<UnwindInfo> readX64(std::span<const uint8_t> bytes) {
  if (bytes.size() < 4)
    return std::nullopt;
  const uint32_t flags = bytes[0] >> 3U;
  UnwindInfo info;
  info.version = bytes[0] & 7U;
  info.isChained = (flags & llvm::Win64EH::UNW_ChainInfo) != 0;
  info.hasHandler =
      !info.isChained && (flags & (llvm::Win64EH::UNW_ExceptionHandler | llvm::Win64EH::UNW_TerminateHandler)) != 0;
  info.tailOffset = 4U + 2U * ((bytes[2] + 1U) & ~1U);
  return info;
}

// A header word (function length in words: 18 bits; version 2; X: handler; E: one epilogue, packed; epilogue scopes 5;
// code words 5), a second one where both counts are 0, the scopes, the codes.
std::optional<UnwindInfo> readArm64(std::span<const uint8_t> bytes) {
  if (bytes.size() < 4)
    return std::nullopt;
  const uint32_t header = read32le(bytes.data());
  UnwindInfo info;
  info.version = header >> 18U & 3U;
  info.hasHandler = (header >> 20U & 1U) != 0;
  info.codeLength = (header & 0x3FFFFU) * 4;
  const bool singleEpilogue = (header >> 21U & 1U) != 0;
  uint32_t headerBytes = 4;
  uint32_t scopes = header >> 22U & 0x1FU;
  uint32_t codeWords = header >> 27U;
  if (scopes == 0 && codeWords == 0) {
    if (bytes.size() < 8)
      return std::nullopt;
    const uint32_t extension = read32le(&bytes[4]);
    headerBytes = 8;
    scopes = extension & 0xFFFFU;
    codeWords = extension >> 16U & 0xFFU;
  }
  info.tailOffset = headerBytes + (singleEpilogue ? 0 : scopes * 4) + codeWords * 4;
  return info;
}

} // namespace

std::optional<UnwindInfo> readUnwindInfo(Machine machine, std::span<const uint8_t> bytes) {
  switch (machine) {
  case Machine::x64:
    return readX64(bytes);
  case Machine::arm64:
    return readArm64(bytes);
  case Machine::x86:
    return std::nullopt;
  }
  return std::nullopt;
}

uint32_t unwindRecordOf(const Image &image, const FunctionRange &range) {
  constexpr uint32_t unwindField = 8; // of RUNTIME_FUNCTION
  uint32_t rva = range.unwindRva;
  if (image.machine() != Machine::x64)
    return rva;
  for (int forward = 0; (rva & 1U) != 0; ++forward) {
    const auto entry = image.bytesFrom(rva - 1);
    if (forward == mostForwards || entry.size() < unwindField + 4)
      return 0;
    rva = read32le(&entry[unwindField]);
  }
  return rva;
}

} // namespace hotgate::analyzer
