// What has no name pairs by its bytes with every reference masked. Only a body that is unique on each side pairs:
// sixteen equal `xor eax, eax; ret` do not, and neither does a body so small that another function could have it by
// chance.
#include "analyzer/match/pass.h"

namespace hotgate::analyzer {

void pairByMaskedBody(PassInput &input, Pairing &pairing, std::string_view name) {
  constexpr uint32_t leastSize = 16;
  pairByUniqueKey<uint64_t>(pairing.functions, name, [&](bool isPost, uint32_t i) -> std::optional<uint64_t> {
    const uint64_t hash = (isPost ? input.postHashes : input.preHashes)[i];
    const Function &function = (isPost ? input.post : input.pre).functions()[i];
    return hash == 0 || function.totalSize() < leastSize ? std::nullopt : std::optional(hash);
  });
}

} // namespace hotgate::analyzer
