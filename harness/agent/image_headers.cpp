#include "harness/agent/image_headers.h"

#include "analyzer/image/hotpatch_format.h"
#include "harness/agent/bounded_bytes.h"

#include <algorithm>

namespace hotgate::harness::agent {
namespace {

constexpr uint32_t pageSize = 0x1000;
constexpr uint32_t sectionHeaderSize = 40;
// More than any image that is served by a hotpatch; keeps a hostile header from asking for all memory.
constexpr uint32_t largestImage = 512U << 20;

auto malformed(const std::string &entity, std::string place, std::string reason) {
  return refuse(entity, std::move(place), std::move(reason), "build or copy the image again",
                hotpatch::status::invalidImageFormat);
}

Outcome<std::vector<ImageSection>> parseSections(const std::string &entity, std::span<const uint8_t> head,
                                                 uint64_t tableAt, uint16_t count, uint32_t sizeOfImage) {
  std::vector<ImageSection> sections;
  for (uint16_t index = 0; index < count; ++index) {
    const uint64_t at = tableAt + uint64_t{index} * sectionHeaderSize;
    if (!fits(head, at, sectionHeaderSize))
      return malformed(entity, fmt::format("section {}", index), "its header lies outside the file");
    ImageSection section;
    const auto *name = reinterpret_cast<const char *>(head.data() + at);
    section.name.assign(name, strnlen(name, 8));
    section.virtualSize = *readAt<uint32_t>(head, at + 8);
    section.rva = *readAt<uint32_t>(head, at + 12);
    section.fileSize = *readAt<uint32_t>(head, at + 16);
    section.fileOffset = *readAt<uint32_t>(head, at + 20);
    section.characteristics = *readAt<uint32_t>(head, at + 36);
    const uint64_t previousEnd = sections.empty() ? 0 : uint64_t{sections.back().rva} + sections.back().extent();
    if (section.rva % pageSize != 0 || section.rva < previousEnd ||
        uint64_t{section.rva} + section.extent() > sizeOfImage)
      return malformed(entity, fmt::format("section {}", index),
                       "it is unaligned, overlaps another or ends outside the image");
    sections.push_back(std::move(section));
  }
  return sections;
}

} // namespace

bool ImageHeaders::isExecutable(uint64_t begin, uint64_t end) const {
  return std::any_of(sections.begin(), sections.end(), [&](const ImageSection &section) {
    return section.isExecutable() && section.contains(begin, end);
  });
}

Outcome<ImageHeaders> parseHeaders(const std::string &entity, std::span<const uint8_t> head) {
  const auto mz = readAt<uint16_t>(head, 0);
  const auto peAt = readAt<uint32_t>(head, 0x3C);
  if (!mz || *mz != 0x5A4D || !peAt)
    return malformed(entity, "offset 0", "it is not a PE image");
  const uint64_t coff = uint64_t{*peAt} + 4;
  const uint64_t optional = coff + 20;
  if (readAt<uint32_t>(head, *peAt) != 0x4550U || !fits(head, optional, 112))
    return malformed(entity, fmt::format("offset {:#x}", *peAt), "no PE header");
  if (readAt<uint16_t>(head, coff) != hotpatch::machineAmd64 || readAt<uint16_t>(head, optional) != 0x20B)
    return malformed(entity, "PE header", "it is not an x64 image");

  ImageHeaders headers;
  headers.timestamp = *readAt<uint32_t>(head, coff + 4);
  headers.relocationsStripped = (*readAt<uint16_t>(head, coff + 18) & 1U) != 0;
  headers.imageBase = *readAt<uint64_t>(head, optional + 24);
  headers.sizeOfImage = *readAt<uint32_t>(head, optional + 56);
  headers.sizeOfHeaders = *readAt<uint32_t>(head, optional + 60);
  headers.checksum = *readAt<uint32_t>(head, optional + 64);
  if (headers.sizeOfImage > largestImage || headers.sizeOfImage < headers.sizeOfHeaders || headers.sizeOfHeaders == 0)
    return malformed(entity, "optional header",
                     fmt::format("SizeOfImage {:#x} and SizeOfHeaders {:#x} cannot both be true", headers.sizeOfImage,
                                 headers.sizeOfHeaders));
  const uint32_t count = std::min<uint32_t>(*readAt<uint32_t>(head, optional + 108), 16);
  for (uint32_t index = 0; index < count; ++index) {
    const auto rva = readAt<uint32_t>(head, optional + 112 + uint64_t{8} * index);
    const auto size = readAt<uint32_t>(head, optional + 116 + uint64_t{8} * index);
    if (!rva || !size)
      return malformed(entity, "data directories", "they end outside the file");
    headers.directories[index] = {*rva, *size};
  }
  AGENT_TRY(headers.sections, parseSections(entity, head, optional + *readAt<uint16_t>(head, coff + 16),
                                            *readAt<uint16_t>(head, coff + 2), headers.sizeOfImage));
  return headers;
}

Outcome<std::vector<uint8_t>> layOut(const std::string &entity, const ImageHeaders &headers,
                                     std::span<const uint8_t> file) {
  if (headers.sizeOfHeaders > file.size() ||
      (!headers.sections.empty() && headers.sizeOfHeaders > headers.sections.front().rva))
    return malformed(entity, "optional header", "the headers end outside the file or inside a section");
  std::vector<uint8_t> image(headers.sizeOfImage);
  std::copy_n(file.begin(), headers.sizeOfHeaders, image.begin());
  for (const ImageSection &section : headers.sections) {
    const uint32_t size = std::min(section.fileSize, section.extent());
    if (size == 0)
      continue;
    if (!fits(file, section.fileOffset, size))
      return malformed(entity, "section " + section.name, "its contents end outside the file");
    std::copy_n(file.begin() + section.fileOffset, size, image.begin() + section.rva);
  }
  return image;
}

} // namespace hotgate::harness::agent
