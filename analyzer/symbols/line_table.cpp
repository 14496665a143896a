#include "analyzer/symbols/line_table.h"

#include <algorithm>
#include <tuple>

namespace hotgate::analyzer {

LineTable::LineTable(std::vector<SourceLine> lines, std::vector<std::string> files)
    : lines_(std::move(lines)), files_(std::move(files)) {
  std::sort(lines_.begin(), lines_.end(), [](const SourceLine &a, const SourceLine &b) {
    return std::tie(a.rva, a.size, a.line, a.file) < std::tie(b.rva, b.size, b.line, b.file);
  });
  lines_.shrink_to_fit();
}

std::span<const SourceLine> LineTable::between(uint32_t begin, uint32_t end) const {
  const auto first = std::ranges::lower_bound(lines_, begin, {}, &SourceLine::rva);
  return {first, std::ranges::lower_bound(first, lines_.end(), end, {}, &SourceLine::rva)};
}

} // namespace hotgate::analyzer
