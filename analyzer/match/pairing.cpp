#include "analyzer/match/pairing.h"

#include "analyzer/match/pass.h"

namespace hotgate::analyzer {

namespace {

struct Pass {
  std::string_view name;
  void (*run)(const Program &pre, const Program &post, Pairing &pairing, std::string_view pass);
};

// Surest first.
constexpr Pass passes[] = {
    {"linkage-name", pairByLinkageName},
    {"object-and-name", pairByObjectAndName},
    {"masked-body", pairByMaskedBody},
};

} // namespace

Pairing pairFunctions(const Program &pre, const Program &post) {
  Pairing pairing(pre.functions().size(), post.functions().size());
  for (const Pass &pass : passes)
    pass.run(pre, post, pairing, pass.name);
  return pairing;
}

} // namespace hotgate::analyzer
