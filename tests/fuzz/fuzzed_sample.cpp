#include "tests/fuzz/fuzzed_sample.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <llvm/Support/Endian.h>

namespace hotgate::fuzz {

using analyzer::Directory;
using analyzer::ImageLayout;
using analyzer::Section;

FuzzedSample::FuzzedSample(const std::string &machine) : is64_(machine != "x86") {
  std::ifstream file(std::string(HOTGATE_SAMPLE_IMAGES) + "/sample_" + machine + ".dll", std::ios::binary);
  intact_.assign(std::istreambuf_iterator<char>(file), {});
  if (intact_.empty()) {
    std::fprintf(stderr, "error: no sample image for %s: build hotgate_sample_images\n", machine.c_str());
    std::abort();
  }
}

ImageLayout FuzzedSample::layout() const { return ImageLayout::parse("sample", intact_).value(); }

void FuzzedSample::addDirectoryEntry(Directory which) {
  const auto *dos = reinterpret_cast<const llvm::support::ulittle32_t *>(intact_.data() + 0x3C);
  const size_t optionalHeader = size_t{*dos} + 4 + 20;
  regions_.push_back({optionalHeader + (is64_ ? 112 : 96) + 8 * static_cast<size_t>(which), 8});
}

void FuzzedSample::addDirectory(Directory which, size_t size) {
  const ImageLayout image = layout();
  const auto bytes = image.bytesFrom(image.directory(which).rva);
  regions_.push_back({static_cast<size_t>(bytes.data() - intact_.data()), std::min(size, bytes.size())});
}

void FuzzedSample::addSectionOf(Directory which) { addSectionAt(layout().directory(which).rva); }

void FuzzedSample::addSection(const std::string &name) {
  for (const Section &section : layout().sections)
    if (section.name == name)
      addSectionAt(section.rva);
}

void FuzzedSample::addSectionAt(uint32_t rva) {
  const ImageLayout image = layout();
  const Section *section = image.sectionAt(rva);
  regions_.push_back({section->fileOffset, section->fileSize});
}

std::span<const uint8_t> FuzzedSample::with(std::span<const uint8_t> input) {
  current_ = intact_;
  for (const FileRegion &region : regions_) {
    const size_t size = std::min(region.size, input.size());
    std::copy_n(input.begin(), size, current_.begin() + static_cast<ptrdiff_t>(region.offset));
    input = input.subspan(size);
  }
  return current_;
}

std::vector<uint8_t> FuzzedSample::intactInput() const {
  std::vector<uint8_t> input;
  for (const FileRegion &region : regions_)
    input.insert(input.end(), intact_.begin() + static_cast<ptrdiff_t>(region.offset),
                 intact_.begin() + static_cast<ptrdiff_t>(region.offset + region.size));
  return input;
}

// The table, then .rdata, where the unwind data is.
FuzzedSample exceptionSample(const std::string &machine) {
  FuzzedSample sample(machine);
  sample.addDirectoryEntry(Directory::exceptions);
  sample.addSectionOf(Directory::exceptions);
  sample.addSection(".rdata");
  return sample;
}

FuzzedSample loadConfigurationSample(const std::string &machine) {
  constexpr size_t largest = 0x140; // the structure's size, with the newest fields that Windows has
  FuzzedSample sample(machine);
  sample.addDirectoryEntry(Directory::loadConfiguration);
  sample.addDirectory(Directory::loadConfiguration, largest);
  return sample;
}

} // namespace hotgate::fuzz
