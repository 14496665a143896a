// Static functions have no decorated public name, and several source files may have one called `Reset`. The object
// file tells them apart: lease.obj's Reset is lease.obj's Reset.
#include "analyzer/match/pass.h"

namespace hotgate::analyzer {

void pairByObjectAndName(const Program &pre, const Program &post, Pairing &pairing, std::string_view pass) {
  pairByUniqueKey<std::string>(pre, post, pairing, pass,
                               [](const Program &, const Function &function) -> std::optional<std::string> {
                                 if (function.source != FunctionSource::pdb || function.object.empty())
                                   return std::nullopt;
                                 return function.object + '\n' + function.name;
                               });
}

} // namespace hotgate::analyzer
