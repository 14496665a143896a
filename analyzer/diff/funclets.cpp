#include "analyzer/diff/funclets.h"

#include <algorithm>

namespace hotgate::analyzer {

void addFunclets(const Program &program, const Function &function, std::set<FunctionIndex> &funclets) {
  const auto ranges = program.image().functionRanges();
  ExceptionItems found;
  const auto addPart = [&](const CodeRange &part) {
    auto at = std::ranges::lower_bound(ranges, part.rva, {}, &FunctionRange::begin);
    for (; at != ranges.end() && at->begin < part.end(); ++at)
      if (at->handlerRva != 0)
        program.exceptionData().appendItems(program.image(), *at, found);
  };
  addPart(function.body);
  for (const CodeRange &fragment : function.fragments)
    addPart(fragment);
  if (function.source == FunctionSource::gap)
    if (const auto own = program.functionAtEntry(function.body.rva))
      funclets.insert(*own);
  for (const ExceptionItem &item : found.items)
    if (item.kind == ExceptionItem::Kind::place)
      if (const auto funclet = program.functionAtEntry(item.value))
        funclets.insert(*funclet);
}

} // namespace hotgate::analyzer
