#include "analyzer/code/function.h"

#include <algorithm>

namespace hotgate::analyzer {

std::string_view functionSourceName(FunctionSource source) {
  switch (source) {
  case FunctionSource::pdb:
    return "pdb";
  case FunctionSource::publicSymbol:
    return "public";
  case FunctionSource::exported:
    return "export";
  case FunctionSource::exceptionDirectory:
    return "pdata";
  case FunctionSource::callTarget:
    return "call";
  case FunctionSource::pointer:
    return "pointer";
  case FunctionSource::gap:
    return "gap";
  }
  return "";
}

bool hasOwnName(FunctionSource source) {
  return source == FunctionSource::pdb || source == FunctionSource::publicSymbol || source == FunctionSource::exported;
}

bool Function::contains(uint32_t address) const {
  return body.contains(address) || std::any_of(fragments.begin(), fragments.end(),
                                               [&](const CodeRange &range) { return range.contains(address); });
}

uint32_t Function::totalSize() const {
  uint32_t total = body.size;
  for (const CodeRange &fragment : fragments)
    total += fragment.size;
  return total;
}

std::span<const Reference> Function::referencesIn(const CodeRange &range) const {
  const auto byField = [](const Reference &reference, uint32_t rva) { return reference.field < rva; };
  const auto first = std::lower_bound(references.begin(), references.end(), range.rva, byField);
  const auto last = std::lower_bound(first, references.end(), range.end(), byField);
  return {first, last};
}

} // namespace hotgate::analyzer
