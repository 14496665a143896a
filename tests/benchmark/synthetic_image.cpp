#include "tests/benchmark/synthetic_image.h"

#include "support/output_file.h"

#include <array>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace hotgate::benchmark {

namespace {

constexpr uint32_t fileAlignment = 0x200;
constexpr uint32_t sectionAlignment = 0x1000;
constexpr uint64_t imageBase = 0x140000000;

// SplitMix64: each function draws from a sequence of its own, so both images and both passes see the same numbers.
class Sequence {
public:
  Sequence(uint64_t seed, uint64_t index) : state_(seed * 0x9E3779B97F4A7C15U + index * 0xD1342543DE82EF95U) {}

  uint64_t next() {
    uint64_t mixed = state_ += 0x9E3779B97F4A7C15U;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31);
  }
  uint32_t below(uint32_t limit) { return static_cast<uint32_t>((next() >> 32) * limit >> 32); }

private:
  uint64_t state_;
};

class Bytes {
public:
  void put(std::initializer_list<uint8_t> bytes) {
    for (const uint8_t byte : bytes)
      text_.push_back(static_cast<char>(byte));
  }
  void number(uint64_t value, unsigned size) {
    for (unsigned index = 0; index < size; ++index)
      text_.push_back(static_cast<char>(value >> (8 * index)));
  }
  void u16(uint64_t value) { number(value, 2); }
  void u32(uint64_t value) { number(value, 4); }
  void u64(uint64_t value) { number(value, 8); }
  void string(std::string_view text, size_t size) {
    text_.append(text.substr(0, size));
    text_.append(size - std::min(size, text.size()), '\0');
  }
  void alignTo(uint32_t alignment, char filler) {
    text_.append((alignment - text_.size() % alignment) % alignment, filler);
  }
  void append(const Bytes &other) { text_ += other.text_; }
  void reserve(size_t size) { text_.reserve(size); }
  [[nodiscard]] uint32_t size() const { return static_cast<uint32_t>(text_.size()); }
  [[nodiscard]] const std::string &text() const { return text_; }

private:
  std::string text_;
};

uint32_t aligned(uint32_t value, uint32_t alignment) { return (value + alignment - 1) / alignment * alignment; }

// Where everything stands. Sizes depend on counts alone, but for the code.
struct Layout {
  std::vector<uint32_t> entries; // of every function
  std::vector<uint32_t> ends;
  uint32_t strings = 0;
  uint32_t variables = 0;
};

class ProgramWriter {
public:
  explicit ProgramWriter(const SyntheticProgram &program)
      : program_(program), strings_(program.functions / 4 + 1), variables_(program.functions / 4 + 1),
        pointers_(program.functions / 8 + 1) {}

  std::string image() {
    placeFunctions();
    constexpr uint32_t text = sectionAlignment;
    const uint32_t rdata = text + aligned(textSize_, sectionAlignment);
    layout_.strings = rdata;
    const uint32_t pointers = rdata + stringBytes();
    const uint32_t unwind = pointers + pointers_ * 8;
    layout_.variables = aligned(unwind + unwindBytes, sectionAlignment);

    sections_ = {};
    addSection(".text", text, 0x60000020, code());
    addSection(".rdata", rdata, 0x40000040, readOnlyData());
    addSection(".data", layout_.variables, 0xC0000040, variables());
    const uint32_t pdata = nextRva();
    addSection(".pdata", pdata, 0x40000040, exceptionDirectory(unwind));
    const uint32_t exceptionSize = sections_.back().data.size();
    const uint32_t reloc = nextRva();
    addSection(".reloc", reloc, 0x42000040, relocations(pointers));
    return file({{3, pdata, exceptionSize}, {5, reloc, sections_.back().data.size()}});
  }

private:
  static constexpr uint32_t stringSize = 32;
  static constexpr uint32_t unwindBytes = 8; // shared: every prologue is the same
  struct Section {
    std::string_view name;
    uint32_t rva = 0;
    uint32_t characteristics = 0;
    Bytes data;
  };
  struct DirectoryEntry {
    uint32_t index;
    uint32_t rva;
    uint32_t size;
  };

  [[nodiscard]] static bool isLeaf(uint32_t index) { return index % 10 == 9; }
  // The post image has one string more, in front of all others.
  [[nodiscard]] uint32_t stringBytes() const { return (strings_ + (program_.post ? 1 : 0)) * stringSize; }
  [[nodiscard]] uint32_t stringRva(uint32_t index) const {
    return layout_.strings + (index + (program_.post ? 1 : 0)) * stringSize;
  }
  [[nodiscard]] uint32_t nextRva() const {
    return sections_.back().rva + aligned(sections_.back().data.size(), sectionAlignment);
  }
  void addSection(std::string_view name, uint32_t rva, uint32_t characteristics, Bytes data) {
    sections_.push_back({name, rva, characteristics, std::move(data)});
  }

  // Sizes do not depend on places, so that a first pass without places gives them.
  void placeFunctions() {
    layout_.entries.assign(program_.functions, 0);
    layout_.ends.assign(program_.functions, 0);
    uint32_t rva = sectionAlignment;
    Bytes scratch;
    for (uint32_t index = 0; index < program_.functions; ++index) {
      scratch = {};
      emitFunction(scratch, index, 0);
      layout_.entries[index] = rva;
      layout_.ends[index] = rva + scratch.size();
      rva = aligned(layout_.ends[index], 16);
    }
    textSize_ = rva - sectionAlignment;
  }

  Bytes code() {
    Bytes text;
    text.reserve(textSize_);
    for (uint32_t index = 0; index < program_.functions; ++index) {
      emitFunction(text, index, sectionAlignment);
      text.alignTo(16, '\xCC');
    }
    return text;
  }

  // A relative field of four bytes, the last of its instruction.
  static void relative(Bytes &text, uint32_t base, uint32_t target) { text.u32(target - (base + text.size() + 4)); }

  void emitFunction(Bytes &text, uint32_t index, uint32_t base) {
    Sequence sequence(program_.seed, index);
    const uint32_t change = sequence.below(1000);
    if (isLeaf(index)) {
      text.put({0x8B, 0x41, static_cast<uint8_t>(sequence.below(32) * 4), 0xC3}); // mov eax, [rcx+n]; ret
      return;
    }
    text.put({0x53, 0x48, 0x83, 0xEC, 0x20, 0x48, 0x8B, 0xD9}); // push rbx; sub rsp, 32; mov rbx, rcx
    if (program_.post && change == 0) {
      text.put({0xBA}); // mov edx, n
      text.u32(index);
    }
    const uint32_t longer = sequence.below(20) == 0 ? 80 : 0;
    const uint32_t steps = 3 + sequence.below(16) + sequence.below(longer + 1);
    for (uint32_t step = 0; step < steps; ++step)
      emitStep(text, sequence, base);
    text.put({0xB8}); // mov eax, n
    text.u32(sequence.below(256) + (program_.post && change == 1 ? 1 : 0));
    text.put({0x48, 0x83, 0xC4, 0x20, 0x5B, 0xC3}); // add rsp, 32; pop rbx; ret
  }

  void emitStep(Bytes &text, Sequence &sequence, uint32_t base) {
    switch (sequence.below(10)) {
    case 0:
    case 1:
      text.put({0xE8}); // call f
      relative(text, base, layout_.entries[sequence.below(program_.functions)]);
      break;
    case 2:
      text.put({0x48, 0x8D, 0x0D}); // lea rcx, [string]
      relative(text, base, stringRva(sequence.below(strings_)));
      break;
    case 3:
      text.put({0x8B, 0x05}); // mov eax, [variable]
      relative(text, base, layout_.variables + sequence.below(variables_) * 8);
      break;
    case 4:
      text.put({0x89, 0x05}); // mov [variable], eax
      relative(text, base, layout_.variables + sequence.below(variables_) * 8);
      break;
    case 5:
      text.put({0xBA}); // mov edx, n
      text.u32(sequence.below(4096));
      break;
    case 6:
      text.put({0x8B, 0x43, static_cast<uint8_t>(sequence.below(16) * 8)}); // mov eax, [rbx+n]
      break;
    case 7:
      text.put({0x85, 0xC0, 0x75, 0x05, 0xE8}); // test eax, eax; jne +5; call f
      relative(text, base, layout_.entries[sequence.below(program_.functions)]);
      break;
    case 8:
      text.put({0x83, 0xC0, static_cast<uint8_t>(sequence.below(128))}); // add eax, n
      break;
    default:
      text.put({0x48, 0x89, 0x83}); // mov [rbx+n], rax
      text.u32(uint64_t{8} * sequence.below(64));
      break;
    }
  }

  Bytes readOnlyData() {
    Bytes data;
    if (program_.post)
      data.string("a message that is new", stringSize);
    for (uint32_t index = 0; index < strings_; ++index)
      data.string(fmt::format("message {} of {:x}", index, Sequence(program_.seed, index).next() >> 40), stringSize);
    for (uint32_t index = 0; index < pointers_; ++index)
      data.u64(imageBase + layout_.entries[pointee(index)]);
    data.put({0x01, 0x05, 0x02, 0x00, 0x05, 0x32, 0x01, 0x30}); // 32 bytes allocated at 5, rbx pushed at 1
    return data;
  }
  [[nodiscard]] uint32_t pointee(uint32_t index) const {
    return Sequence(program_.seed + 1, index).below(program_.functions);
  }

  [[nodiscard]] Bytes variables() const {
    Bytes data;
    for (uint32_t index = 0; index < variables_; ++index)
      data.u64(Sequence(program_.seed + 2, index).below(1000));
    return data;
  }

  Bytes exceptionDirectory(uint32_t unwind) {
    Bytes entries;
    for (uint32_t index = 0; index < program_.functions; ++index) {
      if (isLeaf(index))
        continue;
      entries.u32(layout_.entries[index]);
      entries.u32(layout_.ends[index]);
      entries.u32(unwind);
    }
    return entries;
  }

  // One block a page, of DIR64 entries.
  [[nodiscard]] Bytes relocations(uint32_t pointers) const {
    Bytes blocks;
    const uint32_t end = pointers + pointers_ * 8;
    for (uint32_t page = pointers / sectionAlignment * sectionAlignment; page < end; page += sectionAlignment) {
      Bytes block;
      for (uint32_t rva = std::max(page, pointers); rva < std::min(page + sectionAlignment, end); rva += 8)
        block.u16(0xA000U | (rva - page));
      block.alignTo(4, '\0');
      blocks.u32(page);
      blocks.u32(8 + block.size());
      blocks.append(block);
    }
    return blocks;
  }

  std::string file(std::initializer_list<DirectoryEntry> directories) {
    Bytes file = headers(directories);
    file.alignTo(fileAlignment, '\0');
    for (const Section &section : sections_) {
      file.append(section.data);
      file.alignTo(fileAlignment, '\0');
    }
    return file.text();
  }

  Bytes headers(std::initializer_list<DirectoryEntry> directories) {
    constexpr uint32_t headerSize = 0x400;
    Bytes headers;
    headers.string("MZ", 0x3C);
    headers.u32(0x40);
    headers.string("PE", 4);
    headers.u16(0x8664);
    headers.u16(sections_.size());
    headers.u32(program_.post ? 0x66000001 : 0x66000000); // TimeDateStamp
    headers.u64(0);
    headers.u16(112 + 16 * 8); // SizeOfOptionalHeader
    headers.u16(0x2022);       // executable, large addresses, DLL
    headers.u16(0x20B);
    headers.u16(14);
    headers.u32(aligned(sections_[0].data.size(), fileAlignment));
    headers.u64(0);
    headers.u32(0); // no entry point
    headers.u32(sectionAlignment);
    headers.u64(imageBase);
    headers.u32(sectionAlignment);
    headers.u32(fileAlignment);
    headers.u64(6); // operating system 6.0, image 0.0
    headers.u64(6); // subsystem 6.0, Win32VersionValue
    headers.u32(nextRva());
    headers.u32(headerSize);
    headers.u32(0); // CheckSum
    headers.u16(3); // console
    headers.u16(0x160);
    for (const uint64_t reserve : {0x100000, 0x1000, 0x100000, 0x1000})
      headers.u64(reserve);
    headers.u32(0);
    headers.u32(16);
    std::array<DirectoryEntry, 16> all{};
    for (const DirectoryEntry &entry : directories)
      all[entry.index] = entry;
    for (const DirectoryEntry &entry : all) {
      headers.u32(entry.rva);
      headers.u32(entry.size);
    }
    uint32_t offset = headerSize;
    for (const Section &section : sections_) {
      const uint32_t fileSize = aligned(section.data.size(), fileAlignment);
      headers.string(section.name, 8);
      headers.u32(section.data.size());
      headers.u32(section.rva);
      headers.u32(fileSize);
      headers.u32(offset);
      headers.string("", 12);
      headers.u32(section.characteristics);
      offset += fileSize;
    }
    headers.alignTo(headerSize, '\0');
    return headers;
  }

  SyntheticProgram program_;
  uint32_t strings_;
  uint32_t variables_;
  uint32_t pointers_;
  Layout layout_;
  uint32_t textSize_ = 0;
  std::vector<Section> sections_;
};

} // namespace

Result<> writeSyntheticImage(const SyntheticProgram &program, const std::filesystem::path &path) {
  constexpr uint32_t most = 2'000'000; // 200 MB of code: far from where 32-bit places end
  if (program.functions == 0 || program.functions > most)
    return failUsage("synthetic image", "", fmt::format("{} functions", program.functions),
                     fmt::format("ask for 1 to {}", most));
  return writeFile(path, ProgramWriter(program).image());
}

} // namespace hotgate::benchmark
