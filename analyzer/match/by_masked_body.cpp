// What has no name pairs by its bytes with every reference masked. Only a body that is unique on each side pairs:
// sixteen equal `xor eax, eax; ret` do not, and neither does a body so small that another function could have it by
// chance.
#include "analyzer/match/pass.h"

namespace hotgate::analyzer {

namespace {

constexpr uint32_t leastSize = 16;

PassInput::Bodies bodiesOf(const PassInput &input, const PairList &functions) {
  const auto bodyOf = [&](bool isPost, uint32_t i) -> std::optional<uint64_t> {
    const uint64_t hash = (isPost ? input.postHashes : input.preHashes)[i];
    const Function &function = (isPost ? input.post : input.pre).functions()[i];
    return hash == 0 || function.totalSize() < leastSize ? std::nullopt : std::optional(hash);
  };
  PassInput::Bodies bodies;
  tbb::parallel_invoke([&] { bodies.pre = unpairedByKey<uint64_t>(functions, false, bodyOf); },
                       [&] { bodies.post = unpairedByKey<uint64_t>(functions, true, bodyOf); });
  return bodies;
}

} // namespace

void pairByMaskedBody(PassInput &input, Pairing &pairing, std::string_view name) {
  PairList &pairs = pairing.functions;
  if (!input.bodies)
    input.bodies = bodiesOf(input, pairs);
  std::erase_if(input.bodies->pre, [&](const auto &body) { return pairs.toPost(body.second).has_value(); });
  std::erase_if(input.bodies->post, [&](const auto &body) { return pairs.toPre(body.second).has_value(); });
  pairUnique(pairs, name, input.bodies->pre, input.bodies->post);
}

} // namespace hotgate::analyzer
