// The headers of an x64 PE image, from a file or from a module in memory, and a file's layout in memory.
//
// The agent cannot use the analyzer's reader (LLVM is not built for the guest), and needs little: sections, directories
// and the two values that identify a base image.
#pragma once

#include "harness/agent/outcome.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace hotgate::harness::agent {

struct ImageSection {
  std::string name;
  uint32_t rva = 0;
  uint32_t virtualSize = 0;
  uint32_t fileOffset = 0;
  uint32_t fileSize = 0;
  uint32_t characteristics = 0;

  [[nodiscard]] bool isExecutable() const { return (characteristics & 0x20000000U) != 0; }
  [[nodiscard]] bool isWritable() const { return (characteristics & 0x80000000U) != 0; }
  [[nodiscard]] uint32_t extent() const { return virtualSize != 0 ? virtualSize : fileSize; }
  // In 64 bits, so that an RVA near the top cannot wrap.
  [[nodiscard]] bool contains(uint64_t begin, uint64_t end) const {
    return begin >= rva && end <= uint64_t{rva} + extent();
  }
};

struct ImageDirectory {
  uint32_t rva = 0;
  uint32_t size = 0;
};
namespace directory {
inline constexpr size_t exportTable = 0;
inline constexpr size_t importTable = 1;
inline constexpr size_t exceptions = 3;
inline constexpr size_t relocations = 5;
inline constexpr size_t loadConfiguration = 10;
} // namespace directory

struct ImageHeaders {
  uint32_t timestamp = 0;
  uint32_t checksum = 0;
  uint32_t sizeOfImage = 0;
  uint32_t sizeOfHeaders = 0;
  uint64_t imageBase = 0;
  bool relocationsStripped = false;
  std::array<ImageDirectory, 16> directories{};
  std::vector<ImageSection> sections;

  // Whether [begin, end) lies in one section that is executable.
  [[nodiscard]] bool isExecutable(uint64_t begin, uint64_t end) const;
};

// At least the first bytes of the image, through the section table. Errors carry STATUS_INVALID_IMAGE_FORMAT.
[[nodiscard]] Outcome<ImageHeaders> parseHeaders(const std::string &entity, std::span<const uint8_t> head);

// The image as the loader lays it out in memory, before relocation: sizeOfImage bytes.
[[nodiscard]] Outcome<std::vector<uint8_t>> layOut(const std::string &entity, const ImageHeaders &headers,
                                                   std::span<const uint8_t> file);

} // namespace hotgate::harness::agent
