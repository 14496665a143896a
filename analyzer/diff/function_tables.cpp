#include "analyzer/diff/function_tables.h"

#include <algorithm>
#include <map>

namespace hotgate::analyzer {

namespace {

// By offset in the table.
std::map<uint32_t, FunctionIndex> entriesOf(const Program &program, const Datum &table) {
  std::map<uint32_t, FunctionIndex> entries;
  for (const BaseRelocation &relocation : program.relocationsIn({table.rva, table.size})) {
    const auto target = program.image().pointerAt(relocation.rva);
    const auto function = target ? program.functionAtEntry(*target) : std::nullopt;
    if (function)
      entries.emplace(relocation.rva - table.rva, *function);
  }
  return entries;
}

} // namespace

bool isVtableName(std::string_view name) { return name.starts_with("??_7") || name.starts_with("_ZTV"); }

std::vector<TableEntryDifference> diffFunctionTable(const Referents &referents, const GlobalDifference &global) {
  std::vector<TableEntryDifference> differences;
  if (!global.pre || !global.post)
    return differences;
  const auto pre = entriesOf(referents.pre(), referents.pre().data()[*global.pre]);
  auto post = entriesOf(referents.post(), referents.post().data()[*global.post]);
  for (const auto &[offset, function] : pre) {
    const auto node = post.extract(offset);
    if (node.empty())
      differences.push_back({offset, function, std::nullopt});
    else if (referents.pairing().functions.toPost(function) != node.mapped())
      differences.push_back({offset, function, node.mapped()});
  }
  for (const auto &[offset, function] : post)
    differences.push_back({offset, std::nullopt, function});
  std::ranges::sort(differences, {}, &TableEntryDifference::offset);
  return differences;
}

} // namespace hotgate::analyzer
