#include "tests/analyzer/image/sample_image.h"

#include <fstream>
#include <iterator>
#include <unistd.h>

namespace hotgate::analyzer::test {

SampleImage::SampleImage(std::string machine) : machine_(std::move(machine)) {
  const std::string path = std::string(HOTGATE_SAMPLE_IMAGES) + "/sample_" + machine_ + ".dll";
  std::ifstream file(path, std::ios::binary);
  bytes.assign(std::istreambuf_iterator<char>(file), {});
  if (bytes.empty())
    throw std::runtime_error("no sample image " + path);
}

uint64_t SampleImage::get(size_t offset, size_t size) const {
  uint64_t value = 0;
  for (size_t index = 0; index < size; ++index)
    value |= uint64_t{bytes.at(offset + index)} << (8 * index);
  return value;
}

void SampleImage::put(size_t offset, uint64_t value, size_t size) {
  for (size_t index = 0; index < size; ++index)
    bytes.at(offset + index) = static_cast<uint8_t>(value >> (8 * index));
}

size_t SampleImage::directoryEntry(Directory which) const {
  return optionalHeader() + (machine_ == "x86" ? 96 : 112) + size_t{8} * static_cast<size_t>(which);
}

size_t SampleImage::sectionHeader(size_t index) const {
  return optionalHeader() + get16(coffHeader() + 16) + 40 * index;
}

size_t SampleImage::offsetOf(uint32_t rva) const {
  for (size_t index = 0; index < sectionCount(); ++index) {
    const size_t header = sectionHeader(index);
    const uint32_t begin = get32(header + 12);
    if (rva >= begin && rva - begin < get32(header + 16))
      return get32(header + 20) + (rva - begin);
  }
  throw std::runtime_error("no file bytes at this RVA");
}

std::filesystem::path SampleImage::write() const {
  auto path =
      std::filesystem::path(testing::TempDir()) / fmt::format("hotgate-image-test-{}-{}.dll", ::getpid(), machine_);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return path;
}

Result<Image> SampleImage::open() const {
  const auto path = write();
  auto image = Image::open(path); // stays mapped
  std::filesystem::remove(path);
  return image;
}

uint32_t exportRva(const Image &image, std::string_view name) {
  for (const Export &entry : image.exports())
    if (entry.name == name)
      return entry.rva;
  ADD_FAILURE() << "no export " << name;
  return 0;
}

void expectRefused(const SampleImage &sample, std::string_view reason) {
  const auto image = sample.open();
  ASSERT_FALSE(image) << "opened, but should be refused: " << reason;
  EXPECT_EQ(image.error().kind, ErrorKind::input);
  EXPECT_THAT(image.error().reason, testing::HasSubstr(std::string(reason)));
  EXPECT_THAT(image.error().entity, testing::HasSubstr("hotgate-image-test"));
  EXPECT_FALSE(image.error().place.empty());
  EXPECT_FALSE(image.error().next.empty());
}

} // namespace hotgate::analyzer::test
