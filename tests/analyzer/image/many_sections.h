// An x64 image of any number of sections, written byte by byte: each has one function, which calls those of two later
// sections (a tree, with the entry point as its root) and returns its own number.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hotgate::analyzer::test {

constexpr uint32_t sectionSpacing = 0x1000; // from one section's RVA to the next
constexpr uint32_t sectionBytes = 0x200;    // of each in the file
constexpr uint32_t headerBytes = 0x1400;    // room for 96 section headers
constexpr uint32_t firstSectionRva = 0x2000;
constexpr uint32_t numberOffset = 11; // of the number that a function returns, from the function's begin

inline void putNumber(std::vector<uint8_t> &bytes, size_t offset, uint64_t value, size_t size) {
  for (size_t index = 0; index < size; ++index)
    bytes.at(offset + index) = static_cast<uint8_t>(value >> (8 * index));
}

inline std::vector<uint8_t> imageOfSections(uint32_t count) {
  constexpr size_t coff = 0x44;
  constexpr size_t optional = coff + 20;
  constexpr size_t directories = 16 * sizeof(uint64_t);
  constexpr size_t table = optional + 112 + directories;
  std::vector<uint8_t> bytes(headerBytes + size_t{count} * sectionBytes);
  const auto put = [&](size_t offset, uint64_t value, size_t size) { putNumber(bytes, offset, value, size); };
  put(0, 0x5A4D, 2);
  put(0x3C, 0x40, 4);
  put(0x40, 0x4550, 4);
  put(coff, 0x8664, 2);
  put(coff + 2, count, 2);
  put(coff + 16, 112 + 16 * 8, 2);
  put(coff + 18, 0x2022, 2);
  put(optional, 0x20B, 2);
  put(optional + 16, firstSectionRva, 4); // entry point
  put(optional + 24, 0x180000000, 8);
  put(optional + 32, sectionSpacing, 4);
  put(optional + 36, sectionBytes, 4);
  put(optional + 56, firstSectionRva + uint64_t{count} * sectionSpacing, 4);
  put(optional + 60, headerBytes, 4);
  put(optional + 68, 3, 2);
  put(optional + 108, 16, 4);
  for (uint32_t index = 0; index < count; ++index) {
    const size_t header = table + size_t{40} * index;
    const std::string name = ".s" + std::to_string(index);
    std::copy(name.begin(), name.end(), bytes.begin() + static_cast<std::ptrdiff_t>(header));
    put(header + 8, sectionBytes, 4);
    put(header + 12, firstSectionRva + index * sectionSpacing, 4);
    put(header + 16, sectionBytes, 4);
    const size_t code = headerBytes + size_t{index} * sectionBytes;
    put(header + 20, code, 4);
    put(header + 36, 0x60000020, 4);
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(code), sectionBytes, uint8_t{0xCC});
    for (const uint32_t child : {2 * index + 1, 2 * index + 2}) {
      const size_t call = code + (child % 2 == 1 ? 0 : 5);
      put(call, 0x0000441F0F, 5); // nop
      if (child < count) {
        put(call, 0xE8, 1);
        put(call + 1, (child - index) * sectionSpacing - 5 - (call - code), 4);
      }
    }
    put(code + 10, 0xB8, 1);
    put(code + numberOffset, 1000 + index, 4);
    put(code + 15, 0xC3, 1);
  }
  return bytes;
}

} // namespace hotgate::analyzer::test
