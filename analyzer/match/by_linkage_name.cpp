// The decorated name is the linker's own identity of a function: `?Renew@Server@@QEAAXPEAUPacket@@@Z` on both sides
// is the same function, whatever its body. A folded body has several names: it is paired by the whole list, so that
// a body that was folded and is no longer (or the reverse) does not pair here by one of its names.
#include "analyzer/match/pass.h"

#include <numeric>

namespace hotgate::analyzer {

void pairByLinkageName(const Program &pre, const Program &post, Pairing &pairing, std::string_view pass) {
  pairByUniqueKey<std::string>(
      pre, post, pairing, pass, [](const Program &, const Function &function) -> std::optional<std::string> {
        if (function.source == FunctionSource::exceptionDirectory || function.source == FunctionSource::callTarget)
          return std::nullopt; // its name is made from its address
        if (function.names.size() == 1)
          return function.linkageName;
        return std::accumulate(function.names.begin(), function.names.end(), std::string(),
                               [](std::string all, const std::string &name) { return std::move(all) + name + '\n'; });
      });
}

} // namespace hotgate::analyzer
