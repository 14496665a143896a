// How a walk of language data (handler_data.h) reads, and how it takes back what it wrote down when it fails.
//
// For the walks' own files only.
#pragma once

#include "analyzer/code/handler_data.h"

#include <llvm/Support/Endian.h>
#include <span>

namespace hotgate::analyzer {

// Reads on from an RVA to the end of its section's file bytes. Reading past that fails, and all reads after it.
class HandlerDataWalk::Cursor {
public:
  Cursor(const Image &image, uint32_t rva) : bytes_(image.bytesFrom(rva)), begin_(rva) {}

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] uint32_t rva() const { return begin_ + static_cast<uint32_t>(at_); }
  [[nodiscard]] size_t left() const { return bytes_.size() - at_; }

  uint8_t byte() { return need(1) ? bytes_[at_++] : 0; }
  uint32_t word() {
    if (!need(4))
      return 0;
    at_ += 4;
    return llvm::support::endian::read32le(&bytes_[at_ - 4]);
  }

  // FH4's own numbers: the count of low one bits (up to four) is the count of further bytes; the fifth form is a plain
  // word behind its first byte.
  uint32_t compressed() {
    if (!need(1))
      return 0;
    uint32_t length = 1;
    while (length < 5 && (bytes_[at_] >> (length - 1) & 1U) != 0)
      ++length;
    if (!need(length))
      return 0;
    uint64_t value = 0;
    for (uint32_t i = 0; i < length; ++i)
      value |= uint64_t{bytes_[at_ + i]} << (8 * i);
    at_ += length;
    return static_cast<uint32_t>(value >> (length == 5 ? 8 : length));
  }

  // LEB128 numbers of more than 32 bits fail: no table here has use for them.
  uint32_t unsignedLeb() {
    uint64_t value = 0;
    for (uint32_t shift = 0; shift < 35; shift += 7) {
      const uint8_t part = byte();
      value |= uint64_t{part & 0x7FU} << shift;
      if ((part & 0x80U) == 0)
        return value > UINT32_MAX ? fail() : static_cast<uint32_t>(value);
    }
    return fail();
  }
  int32_t signedLeb() {
    uint64_t value = 0;
    for (uint32_t shift = 0; shift < 35;) {
      const uint8_t part = byte();
      value |= uint64_t{part & 0x7FU} << shift;
      shift += 7;
      if ((part & 0x80U) == 0) {
        if ((part & 0x40U) != 0)
          value |= ~uint64_t{0} << shift;
        return static_cast<int32_t>(value);
      }
    }
    return static_cast<int32_t>(fail());
  }

private:
  bool need(size_t count) {
    failed_ = failed_ || left() < count;
    return !failed_;
  }
  uint32_t fail() {
    failed_ = true;
    return 0;
  }

  std::span<const uint8_t> bytes_;
  uint32_t begin_;
  size_t at_ = 0;
  bool failed_ = false;
};

template <class Walk> uint32_t HandlerDataWalk::attempt(Walk walk) {
  const size_t items = result_.items.size();
  const size_t owned = result_.owned.size();
  const uint32_t size = walk();
  if (size == 0) {
    result_.items.resize(items);
    result_.owned.resize(owned);
  }
  return size;
}

} // namespace hotgate::analyzer
