// The two PE files that make_hotpatch works on, through LLVM Object; and the one change it makes: a section more.
//
// Why not LIEF's add_section: its builder writes the whole file anew and loses the COFF string table, so bytes differ
// that have nothing to do with the patch, and the analyzer would have to explain them. Here every byte outside the new
// section header, the counters that follow from it and the checksum stays as the linker wrote it; when the headers have
// no room for one more, what lies behind them moves in the file, but never in memory.
#pragma once

#include "support/mapped_file.h"
#include "support/result.h"

#include <cstdint>
#include <llvm/Object/COFF.h>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace hotgate::corpus {

// The fields of the optional header that a new section depends on; both kinds of image have them at the same offsets.
struct OptionalHeader {
  uint32_t sizeOfInitializedData = 0;
  uint32_t sectionAlignment = 0;
  uint32_t fileAlignment = 0;
  uint32_t sizeOfImage = 0;
  uint32_t sizeOfHeaders = 0;
  uint32_t checksum = 0;
};

class PortableExecutable {
public:
  // Of x64, ARM64 or x86.
  static Result<PortableExecutable> open(const std::filesystem::path &path);

  [[nodiscard]] std::string entity() const { return file_.path().string(); }
  [[nodiscard]] std::span<const uint8_t> bytes() const { return file_.bytes(); }
  [[nodiscard]] const llvm::object::COFFObjectFile &coff() const { return *coff_; }
  [[nodiscard]] uint32_t timestamp() const { return coff_->getCOFFHeader()->TimeDateStamp; }
  [[nodiscard]] uint16_t machine() const { return coff_->getMachine(); }
  [[nodiscard]] bool is64() const { return coff_->is64(); }
  [[nodiscard]] uint32_t pointerSize() const { return is64() ? 8 : 4; }
  [[nodiscard]] uint32_t checksum() const { return optionalHeader().checksum; }

  [[nodiscard]] OptionalHeader optionalHeader() const;

  // "kernel32.dll!Sleep" or "ws2_32.dll!#12" -> RVA of the slot; the first one when an import stands there twice.
  [[nodiscard]] Result<std::map<std::string, uint32_t>> importSlots() const;
  // Every slot, in the order of the import table.
  [[nodiscard]] Result<std::vector<std::pair<std::string, uint32_t>>> everyImportSlot() const;
  [[nodiscard]] Result<std::set<uint32_t>> guardedFunctions() const; // RVAs of the control-flow guard's table
  [[nodiscard]] Result<std::vector<uint8_t>> read(uint32_t rva, uint32_t size) const; // from the file's bytes
  [[nodiscard]] Result<uint32_t> fileOffset(uint32_t rva, uint32_t size) const;
  [[nodiscard]] bool isExecutable(uint32_t rva) const;

private:
  template <class Fields>
  [[nodiscard]] Result<std::set<uint32_t>> guardedFunctionsOf(const Fields *configuration) const;
  PortableExecutable(MappedFile file, std::unique_ptr<llvm::object::COFFObjectFile> coff)
      : file_(std::move(file)), coff_(std::move(coff)) {}
  [[nodiscard]] const llvm::object::coff_section *sectionAt(uint32_t rva) const;

  MappedFile file_;
  std::unique_ptr<llvm::object::COFFObjectFile> coff_;
};

// The RVA that a section appended to this image gets.
[[nodiscard]] Result<uint32_t> nextSectionRva(const PortableExecutable &image);
// The image with a read-only section of these contents, HotPatchTableOffset pointing at its begin, and a new checksum.
[[nodiscard]] Result<std::vector<uint8_t>> withHotpatchSection(const PortableExecutable &image,
                                                               std::span<const uint8_t> contents);

} // namespace hotgate::corpus
