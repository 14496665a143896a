#include "analyzer/diff/file_partition.h"

#include <algorithm>

namespace hotgate::analyzer {

namespace {

bool isFillerByte(uint8_t byte) { return byte == 0 || byte == 0xCC || byte == 0x90; }

// Multi-byte nops as assemblers emit them between functions: `66 66 2E 0F 1F 84 00 ...`, `0F 1F 40 00`.
bool isNopPadding(std::span<const uint8_t> bytes) {
  for (size_t at = 0; at < bytes.size();) {
    if (isFillerByte(bytes[at]) || bytes[at] == 0x66 || bytes[at] == 0x2E) {
      ++at;
      continue;
    }
    if (bytes.size() - at < 3 || bytes[at] != 0x0F || bytes[at + 1] != 0x1F)
      return false;
    const uint8_t modrm = bytes[at + 2];
    size_t length = 3;
    if ((modrm & 7) == 4)
      ++length; // SIB
    length += (modrm >> 6) == 1 ? 1 : (modrm >> 6) == 2 ? 4 : 0;
    at += length;
    if (at > bytes.size())
      return false;
  }
  return true;
}

RangeKind kindOf(Owner::Kind kind) {
  switch (kind) {
  case Owner::Kind::function:
    return RangeKind::function;
  case Owner::Kind::datum:
    return RangeKind::datum;
  case Owner::Kind::structure:
    return RangeKind::structure;
  }
  return RangeKind::unknown;
}

class Partition {
public:
  explicit Partition(const Program &program) : program_(program), image_(program.image()) {}

  std::vector<FileRange> cut() {
    ranges_.reserve(program_.owners().size() * 2);
    const auto fileSize = static_cast<uint32_t>(image_.fileBytes().size());
    push({0, std::min(image_.sizeOfHeaders(), fileSize), std::nullopt, RangeKind::header});
    std::vector<int32_t> byOffset;
    for (size_t i = 0; i < image_.sections().size(); ++i)
      if (image_.sections()[i].fileSize != 0)
        byOffset.push_back(static_cast<int32_t>(i));
    std::sort(byOffset.begin(), byOffset.end(),
              [&](int32_t a, int32_t b) { return image_.sections()[a].fileOffset < image_.sections()[b].fileOffset; });
    for (const int32_t section : byOffset)
      cutSection(section, fileSize);
    cutOverlay(fileSize);
    return std::move(ranges_);
  }

private:
  void push(const FileRange &range) {
    if (range.size == 0)
      return;
    ranges_.push_back(range);
    done_ = range.fileOffset + range.size;
  }

  void pushGap(uint32_t offset, uint32_t size, uint32_t rva, int32_t section) {
    const auto bytes = image_.fileBytes().subspan(offset, size);
    const bool filler = std::all_of(bytes.begin(), bytes.end(), isFillerByte) ||
                        (image_.sections()[section].isExecutable() && isNopPadding(bytes));
    push({offset, size, rva, filler ? RangeKind::filler : RangeKind::unknown, 0, -1, section});
  }

  void cutSection(int32_t index, uint32_t fileSize) {
    const Section &section = image_.sections()[index];
    if (section.fileOffset >= fileSize)
      return;
    const uint32_t begin = std::max(section.fileOffset, done_);
    const uint32_t end =
        static_cast<uint32_t>(std::min<uint64_t>(uint64_t{section.fileOffset} + section.fileSize, fileSize));
    cutBetweenSections(begin);
    if (begin >= end)
      return;
    uint32_t rva = section.rva + (begin - section.fileOffset);
    const uint32_t endRva = section.rva + (end - section.fileOffset);
    const auto owners = program_.owners();
    auto owner =
        std::partition_point(owners.begin(), owners.end(), [&](const Owner &o) { return o.range.end() <= rva; });
    for (; owner != owners.end() && owner->range.rva < endRva; ++owner) {
      const uint32_t from = std::max(owner->range.rva, rva);
      const uint32_t to = std::min(owner->range.end(), endRva);
      pushGap(section.fileOffset + (rva - section.rva), from - rva, rva, index);
      push({section.fileOffset + (from - section.rva), to - from, from, kindOf(owner->kind), owner->index, owner->part,
            index});
      rva = to;
    }
    pushGap(section.fileOffset + (rva - section.rva), endRva - rva, rva, index);
  }

  // Bytes that no section claims.
  void cutBetweenSections(uint32_t end) {
    if (end <= done_)
      return;
    const auto bytes = image_.fileBytes().subspan(done_, end - done_);
    const bool filler = std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
    push({done_, end - done_, std::nullopt, filler ? RangeKind::filler : RangeKind::unknown});
  }

  void cutOverlay(uint32_t fileSize) {
    const FileExtent symbols = image_.coffSymbolTable();
    const DirectoryRange certificates = image_.directory(Directory::certificates); // its "RVA" is a file offset
    const bool symbolsFirst = symbols.offset < certificates.rva;
    if (symbolsFirst)
      cutOverlayPart(symbols.offset, symbols.size, fileSize, RangeKind::symbolTable);
    cutOverlayPart(certificates.rva, certificates.size, fileSize, RangeKind::signature);
    if (!symbolsFirst)
      cutOverlayPart(symbols.offset, symbols.size, fileSize, RangeKind::symbolTable);
    cutBetweenSections(fileSize);
  }

  void cutOverlayPart(uint32_t offset, uint32_t size, uint32_t fileSize, RangeKind kind) {
    if (size == 0 || offset < done_ || offset >= fileSize)
      return;
    cutBetweenSections(offset);
    push({offset, std::min(size, fileSize - offset), std::nullopt, kind});
  }

  const Program &program_;
  const Image &image_;
  std::vector<FileRange> ranges_;
  uint32_t done_ = 0;
};

} // namespace

std::vector<FileRange> partitionFile(const Program &program) { return Partition(program).cut(); }

} // namespace hotgate::analyzer
