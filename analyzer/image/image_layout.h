// Headers and section table of a PE image, checked, and the bounded reads on which every directory reader stands.
//
// parse() checks once that headers, section table and section contents lie in the file and that sections do not
// overlap, in memory and in the file. After that a read needs only its RVA: it gets file-backed bytes of one section
// (or of the headers), or nothing. All records are little endian and unaligned, so they are viewed in place.
// Limits: borrows the file's bytes, which must outlive it. Zero-filled memory behind a section's file bytes is not
// readable: no table that Hotgate reads may live there.
#pragma once

#include "analyzer/image/image.h"

#include <cstring>

namespace hotgate::analyzer {

class ImageLayout {
public:
  // `entity` names the image in errors.
  static Result<ImageLayout> parse(std::string entity, std::span<const uint8_t> file);

  Machine machine = Machine::x64;
  bool is64 = true;
  uint32_t timestamp = 0;
  uint32_t checksum = 0;
  uint32_t sizeOfImage = 0;
  uint32_t sizeOfHeaders = 0;
  uint64_t imageBase = 0;
  uint32_t entryPoint = 0;
  std::array<DirectoryRange, 16> directories{};
  std::vector<Section> sections; // by RVA

  [[nodiscard]] DirectoryRange directory(Directory which) const { return directories[static_cast<size_t>(which)]; }
  [[nodiscard]] uint32_t pointerSize() const { return is64 ? 8 : 4; }
  [[nodiscard]] std::span<const uint8_t> file() const { return file_; }

  [[nodiscard]] const Section *sectionAt(uint32_t rva) const;
  [[nodiscard]] std::span<const uint8_t> bytesFrom(uint32_t rva) const;
  [[nodiscard]] std::optional<uint32_t> fileOffset(uint32_t rva) const;
  [[nodiscard]] std::optional<uint32_t> rvaOfAddress(uint64_t address) const;

  // Exactly `size` bytes; `what` says in the error whose bytes they are ("export directory").
  [[nodiscard]] Result<std::span<const uint8_t>> bytesAt(uint32_t rva, uint64_t size, std::string_view what) const;

  // One record in place, or nullptr when it is not wholly file-backed.
  template <class Record> [[nodiscard]] const Record *recordAt(uint32_t rva) const {
    static_assert(alignof(Record) == 1 && std::is_trivially_copyable_v<Record>);
    const auto bytes = bytesFrom(rva);
    return bytes.size() < sizeof(Record) ? nullptr : reinterpret_cast<const Record *>(bytes.data());
  }

  template <class Record>
  [[nodiscard]] Result<std::span<const Record>> recordsAt(uint32_t rva, uint64_t count, std::string_view what) const {
    static_assert(alignof(Record) == 1 && std::is_trivially_copyable_v<Record>);
    if (count > file_.size()) // also keeps the product below from overflowing
      return failAt(rva, fmt::format("{}: its count of {} is more than the file has bytes", what, count));
    HOTGATE_TRY(const auto bytes, bytesAt(rva, count * sizeof(Record), what));
    return std::span(reinterpret_cast<const Record *>(bytes.data()), static_cast<size_t>(count));
  }

  // A NUL-terminated name of at most maxNameLength bytes.
  static constexpr size_t maxNameLength = 4096; // what the Microsoft compiler allows a decorated name
  [[nodiscard]] Result<std::string_view> nameAt(uint32_t rva, std::string_view what) const;

  static constexpr std::string_view copyAgain =
      "copy the image again and compare its SHA-256 with the build's manifest";
  // An input error at an RVA of this image.
  [[nodiscard]] Failure failAt(uint32_t rva, std::string reason, std::string next = std::string(copyAgain)) const;
  // An input error at a file offset, for what lies outside of sections.
  [[nodiscard]] Failure failAtOffset(uint64_t offset, std::string reason) const;

private:
  ImageLayout(std::string entity, std::span<const uint8_t> file) : entity_(std::move(entity)), file_(file) {}

  Result<> readHeaders();
  Result<> readOptionalHeader(uint64_t offset, uint32_t size);
  Result<> readSections(uint64_t offset, uint32_t count, uint64_t stringTable);
  Result<> checkSectionsInMemory() const;
  Result<> checkSectionsInFile() const;
  template <class Header> const Header *headerAt(uint64_t offset) const;

  std::string entity_;
  std::span<const uint8_t> file_;
};

} // namespace hotgate::analyzer
