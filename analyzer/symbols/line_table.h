// From which source lines the code was compiled.
//
// One entry says "these bytes are line 57 of lease.cpp". The code of an inlined function has an entry for its own line
// and one for the line of each call around it, so several entries can hold one address. Line 0 is code that the
// compiler made of equal statements in several lines. An entry is 16 bytes, because there are ten or more for every
// function; only the last part of a file's path is kept, since builds differ in folders.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hotgate::analyzer {

struct SourceLine {
  uint32_t rva = 0;
  uint32_t size = 0; // bytes
  uint32_t line = 0;
  uint32_t file = 0; // index into the table's file names
  [[nodiscard]] bool contains(uint32_t address) const { return address >= rva && address - rva < size; }
};

class LineTable {
public:
  LineTable() = default;
  // In any order; `file` of every line is an index into `files`.
  LineTable(std::vector<SourceLine> lines, std::vector<std::string> files);

  [[nodiscard]] bool empty() const { return lines_.empty(); }
  // The entries that begin in [begin, end), by RVA.
  [[nodiscard]] std::span<const SourceLine> between(uint32_t begin, uint32_t end) const;
  [[nodiscard]] std::string_view fileName(const SourceLine &line) const { return files_[line.file]; } // "lease.cpp"

private:
  std::vector<SourceLine> lines_; // by RVA
  std::vector<std::string> files_;
};

} // namespace hotgate::analyzer
