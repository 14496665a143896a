// The decorated name is the linker's own identity: `?Renew@Server@@QEAAXPEAUPacket@@@Z` on both sides is the same
// function, whatever its body, and `g_statistics` the same variable. A folded body has several names: it is paired by
// the whole list, so that a body that was folded and is no longer (or the reverse) does not pair here by one of its
// names.
#include "analyzer/match/pass.h"

#include <numeric>
#include <string>

namespace hotgate::analyzer {

void pairByLinkageName(PassInput &input, Pairing &pairing, std::string_view name) {
  pairByUniqueKey<std::string>(pairing.functions, name, [&](bool isPost, uint32_t i) -> std::optional<std::string> {
    const Function &function = (isPost ? input.post : input.pre).functions()[i];
    if (!hasOwnName(function.source))
      return std::nullopt;
    if (function.names.empty())
      return function.linkageName;
    return std::accumulate(function.names.begin(), function.names.end(), std::string(),
                           [](std::string all, const std::string &one) { return std::move(all) + one + '\n'; });
  });
  pairByUniqueKey<std::string_view>(pairing.data, name,
                                    [&](bool isPost, uint32_t i) -> std::optional<std::string_view> {
                                      const Datum &datum = (isPost ? input.post : input.pre).data()[i];
                                      if (datum.name.empty())
                                        return std::nullopt;
                                      return std::string_view(datum.name);
                                    });
}

} // namespace hotgate::analyzer
