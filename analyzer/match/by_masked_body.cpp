// What has no name pairs by its bytes with every reference masked: `48 8D 0D ????????` says "lea rcx, something" on
// both sides. Only a body that is unique on each side pairs; sixteen equal `xor eax, eax; ret` do not.
#include "analyzer/match/pass.h"

namespace hotgate::analyzer {

namespace {

std::optional<std::string> maskedBody(const Program &program, const Function &function) {
  std::string key;
  const auto append = [&](const CodeRange &range) {
    const auto bytes = program.image().bytesFrom(range.rva);
    key += fmt::format("{}:", range.size);
    const size_t begin = key.size();
    key.append(reinterpret_cast<const char *>(bytes.data()), std::min<size_t>(bytes.size(), range.size));
    for (const Reference &reference : function.references)
      if (range.contains(reference.field))
        for (uint32_t i = 0; i < reference.size && begin + reference.field - range.rva + i < key.size(); ++i)
          key[begin + reference.field - range.rva + i] = 0;
  };
  if (function.undecodableAt)
    return std::nullopt; // its references are not all known
  append(function.body);
  for (const CodeRange &fragment : function.fragments)
    append(fragment);
  return key;
}

} // namespace

void pairByMaskedBody(const Program &pre, const Program &post, Pairing &pairing, std::string_view pass) {
  pairByUniqueKey<std::string>(pre, post, pairing, pass, maskedBody);
}

} // namespace hotgate::analyzer
