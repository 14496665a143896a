// The sample DLLs of programs/, as bytes that a test reads, damages and opens.
//
// Finds its way through the headers by itself, so that a test never asks the code under test where to damage.
#pragma once

#include "analyzer/image/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotgate::analyzer::test {

class SampleImage {
public:
  // "x64", "arm64", "x86"
  explicit SampleImage(std::string machine);

  std::vector<uint8_t> bytes;

  [[nodiscard]] uint16_t get16(size_t offset) const { return static_cast<uint16_t>(get(offset, 2)); }
  [[nodiscard]] uint32_t get32(size_t offset) const { return static_cast<uint32_t>(get(offset, 4)); }
  [[nodiscard]] uint64_t get(size_t offset, size_t size) const;
  void put16(size_t offset, uint16_t value) { put(offset, value, 2); }
  void put32(size_t offset, uint32_t value) { put(offset, value, 4); }
  void put64(size_t offset, uint64_t value) { put(offset, value, 8); }
  void put(size_t offset, uint64_t value, size_t size);

  // File offsets.
  [[nodiscard]] size_t coffHeader() const { return get32(0x3C) + 4; }
  [[nodiscard]] size_t optionalHeader() const { return coffHeader() + 20; }
  [[nodiscard]] size_t directoryEntry(Directory which) const; // RVA, then size
  [[nodiscard]] size_t directory(Directory which) const { return offsetOf(get32(directoryEntry(which))); }
  [[nodiscard]] size_t sectionHeader(size_t index) const;
  [[nodiscard]] size_t sectionCount() const { return get16(coffHeader() + 2); }
  [[nodiscard]] size_t offsetOf(uint32_t rva) const;
  [[nodiscard]] uint32_t sizeOfImage() const { return get32(optionalHeader() + 56); }

  // Writes the bytes to a file of this test and opens them.
  [[nodiscard]] Result<Image> open() const;
  [[nodiscard]] std::filesystem::path write() const;

private:
  std::string machine_;
};

// The RVA of an export, by name.
[[nodiscard]] uint32_t exportRva(const Image &image, std::string_view name);

// The image is refused as bad input, in words that contain `reason`, and says where and what next.
void expectRefused(const SampleImage &sample, std::string_view reason);

} // namespace hotgate::analyzer::test
