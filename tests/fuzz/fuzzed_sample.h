// A built sample image of which the fuzzer writes only some regions: the directory under test and what it leads to.
//
// An input is a prefix of these regions, one behind the other; what it does not reach stays intact. So a few hundred
// bytes decide everything that the reader under test sees, and no byte is spent on the rest of the image.
#pragma once

#include "analyzer/image/image_layout.h"

#include <string>
#include <vector>

namespace hotgate::fuzz {

struct FileRegion {
  size_t offset = 0;
  size_t size = 0;
};

class FuzzedSample {
public:
  // The sample for "x64", "arm64" or "x86". A sample that is missing ends the program: there is nothing to fuzz.
  explicit FuzzedSample(const std::string &machine);

  // Chooses regions, in the order in which an input fills them.
  void addDirectoryEntry(analyzer::Directory which);
  void addSectionOf(analyzer::Directory which);
  void addDirectory(analyzer::Directory which, size_t size);
  void addSection(const std::string &name);

  // The image with its regions overwritten; a buffer of exactly its size, valid until the next call.
  [[nodiscard]] std::span<const uint8_t> with(std::span<const uint8_t> input);
  // What the regions hold in the intact image: the input that changes nothing, and the best seed.
  [[nodiscard]] std::vector<uint8_t> intactInput() const;

  [[nodiscard]] const std::vector<uint8_t> &intact() const { return intact_; }

private:
  [[nodiscard]] analyzer::ImageLayout layout() const;
  void addSectionAt(uint32_t rva);

  std::vector<uint8_t> intact_;
  std::vector<uint8_t> current_;
  std::vector<FileRegion> regions_;
  bool is64_ = true;
};

// What each target leaves to the fuzzer; make_seeds.cpp writes the intact regions as the first seeds.
FuzzedSample exceptionSample(const std::string &machine);
FuzzedSample loadConfigurationSample(const std::string &machine);

} // namespace hotgate::fuzz
