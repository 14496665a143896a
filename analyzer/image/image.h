// A PE image: its bytes, mapped, and the tables that the rest of the analyzer works on.
//
// open() reads headers and directories once, checks every range against the file, and copies only small tables. Code
// and data are never copied: bytesAt() borrows from the map. What the image says about itself (names, counts, RVAs)
// is hostile input: a table that leaves the image, overlaps itself or loops is an input error with its place.
//
// Units: RVAs are offsets from the image base; sizes are bytes. Format: "PE Format" (learn.microsoft.com) and winnt.h.
// Limits: PE32 and PE32+ for x64, x86 and ARM64. No object files, no .NET-only images, no import by delay-load v1.
#pragma once

#include "support/mapped_file.h"
#include "support/result.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace llvm::object {
class COFFObjectFile;
}

namespace hotgate::analyzer {

enum class Machine { x64, arm64, x86 };
[[nodiscard]] std::string_view machineName(Machine machine); // "x64"

struct Section {
  std::string name;
  uint32_t rva = 0;
  uint32_t virtualSize = 0; // in memory; what lies past fileSize is zero
  uint32_t fileOffset = 0;
  uint32_t fileSize = 0; // bytes in the file, may exceed virtualSize by alignment
  uint32_t characteristics = 0;

  [[nodiscard]] bool isExecutable() const { return (characteristics & 0x20000000U) != 0; }
  [[nodiscard]] bool isWritable() const { return (characteristics & 0x80000000U) != 0; }
  [[nodiscard]] bool contains(uint32_t address) const { return address >= rva && address - rva < extent(); }
  [[nodiscard]] uint32_t extent() const { return virtualSize != 0 ? virtualSize : fileSize; }
};

// Data directories, numbered as in the optional header.
enum class Directory : uint8_t {
  exportTable = 0,
  importTable = 1,
  resources = 2,
  exceptions = 3,
  certificates = 4,
  relocations = 5,
  debug = 6,
  tls = 9,
  loadConfiguration = 10,
  boundImports = 11,
  importAddresses = 12,
  delayImports = 13,
  clr = 14,
};
struct DirectoryRange {
  uint32_t rva = 0; // certificates: a file offset
  uint32_t size = 0;
};

struct FileExtent {
  uint32_t offset = 0;
  uint32_t size = 0;
};

// One entry of the exception directory (.pdata). A chained entry (a cold part, a shrink-wrapped prologue) belongs to
// the function at primaryBegin; for a primary entry that is its own begin.
struct FunctionRange {
  uint32_t begin = 0;
  uint32_t end = 0;
  uint32_t unwindRva = 0;    // UNWIND_INFO (x64) or .xdata (ARM64); 0 for packed ARM64 data
  uint32_t packedUnwind = 0; // ARM64: the entry's second word where that is the unwind data itself
  uint32_t primaryBegin = 0;
  uint32_t handlerRva = 0; // exception or termination handler named by UNWIND_INFO, 0 when none
};

struct Export {
  std::string name; // "" when exported by ordinal only
  uint32_t ordinal = 0;
  uint32_t rva = 0;      // 0 for a forwarder
  std::string forwarder; // "NTDLL.RtlAllocateHeap", else ""
};

struct Import {
  std::string dll;      // as written in the image
  std::string name;     // "#12" when imported by ordinal
  uint32_t slotRva = 0; // of the import address table entry that the loader fills
  bool delayed = false;
};

struct BaseRelocation {
  uint32_t rva = 0;
  uint8_t type = 0; // IMAGE_REL_BASED_*; ABSOLUTE padding entries are left out
};

// CodeView debug entry: which PDB belongs to this image.
struct PdbIdentity {
  std::array<uint8_t, 16> guid{};
  uint32_t age = 0;
  std::string path;                           // as the linker wrote it: display only, never opened as it is
  [[nodiscard]] std::string guidText() const; // 32 upper-case hex digits, as in a symbol store
};

// The load configuration fields that Hotgate uses. 0 where the directory is too small to have the field.
struct LoadConfiguration {
  uint32_t rva = 0;
  uint32_t size = 0; // the structure's own Size field
  uint32_t securityCookieRva = 0;
  uint32_t guardCheckPointerRva = 0;
  uint32_t guardDispatchPointerRva = 0;
  uint32_t guardFunctionTableRva = 0;
  uint32_t guardFunctionCount = 0;
  uint32_t guardFlags = 0;
  uint64_t chpeMetadataPointer = 0;
  uint32_t guardEhContinuationTableRva = 0;
  uint32_t guardEhContinuationCount = 0;
  uint32_t hotPatchTableRva = 0;         // 0: the image is not a hotpatch
  uint32_t dynamicRelocationOffset = 0;  // of the table, in its section
  uint32_t dynamicRelocationSection = 0; // from 1; 0: none
};

class Image {
public:
  // Errors: input, naming the file, the offset or RVA, the reason. x: "not a PE image", truncated, overlapping
  // sections.
  static Result<Image> open(const std::filesystem::path &path);

  Image(Image &&) noexcept;
  Image &operator=(Image &&) noexcept;
  ~Image();

  [[nodiscard]] const std::filesystem::path &path() const;
  [[nodiscard]] std::string moduleName() const; // file name, "dhcpsrv.exe"
  [[nodiscard]] std::span<const uint8_t> fileBytes() const;
  [[nodiscard]] const llvm::object::COFFObjectFile &coff() const;
  // The COFF symbol table and the string table behind it; {0, 0} when there is none, or it is not wholly in the file.
  [[nodiscard]] FileExtent coffSymbolTable() const;

  [[nodiscard]] Machine machine() const;
  [[nodiscard]] bool is64() const;
  [[nodiscard]] uint32_t timestamp() const;
  [[nodiscard]] uint32_t checksum() const;
  [[nodiscard]] uint32_t sizeOfImage() const;
  [[nodiscard]] uint32_t sizeOfHeaders() const;
  [[nodiscard]] uint64_t imageBase() const;
  [[nodiscard]] uint32_t entryPoint() const;                     // 0 when none
  [[nodiscard]] DirectoryRange directory(Directory which) const; // {0, 0} when absent
  [[nodiscard]] bool isHotpatchCompatible() const;               // debug type 20 has 0x80
  [[nodiscard]] uint32_t extendedCharacteristics() const;        // of debug type 20; 0 when there is none

  [[nodiscard]] std::span<const Section> sections() const;             // by RVA
  [[nodiscard]] std::span<const FunctionRange> functionRanges() const; // by begin; empty for x86
  [[nodiscard]] std::span<const Export> exports() const;               // by ordinal, then name
  [[nodiscard]] std::span<const Import> imports() const;               // by slot RVA
  [[nodiscard]] std::span<const BaseRelocation> relocations() const;   // by RVA
  [[nodiscard]] const std::optional<PdbIdentity> &pdb() const;
  [[nodiscard]] const std::optional<LoadConfiguration> &loadConfiguration() const;

  [[nodiscard]] const Section *sectionAt(uint32_t rva) const; // nullptr outside every section
  // The import whose slot is at this RVA, or nullptr.
  [[nodiscard]] const Import *importAtSlot(uint32_t slotRva) const;
  // True when a base relocation changes a pointer-sized slot that begins at this RVA.
  [[nodiscard]] bool isRelocated(uint32_t rva) const;

  // Exactly `size` file-backed bytes, or an input error that says how many there are.
  [[nodiscard]] Result<std::span<const uint8_t>> bytesAt(uint32_t rva, uint32_t size) const;
  // The file-backed bytes from here to the end of the section (may be empty, never an error); headers count as a
  // section.
  [[nodiscard]] std::span<const uint8_t> bytesFrom(uint32_t rva) const;
  // The same, but no more than that many.
  [[nodiscard]] std::span<const uint8_t> bytesFrom(uint32_t rva, size_t most) const;
  // An absolute address in the image as an RVA; nullopt when it points outside the image.
  [[nodiscard]] std::optional<uint32_t> rvaOfAddress(uint64_t address) const;
  [[nodiscard]] std::optional<uint32_t> fileOffset(uint32_t rva) const;
  // What a pointer-sized value in the image points to; nullopt when that lies outside the image.
  [[nodiscard]] std::optional<uint32_t> pointerAt(uint32_t rva) const;

private:
  struct Contents;
  explicit Image(std::unique_ptr<Contents> contents);
  std::unique_ptr<Contents> contents_;
};

} // namespace hotgate::analyzer
