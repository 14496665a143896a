// Static functions and variables have no decorated public name, and several source files may have one called `Reset`.
// The object file tells them apart: lease.obj's Reset is lease.obj's Reset.
#include "analyzer/match/pass.h"

#include <string>

namespace hotgate::analyzer {

namespace {

std::optional<std::string> key(const std::string &object, const std::string &name) {
  return object.empty() || name.empty() ? std::nullopt : std::optional(object + '\n' + name);
}

} // namespace

void pairByObjectAndName(PassInput &input, Pairing &pairing, std::string_view name) {
  pairByUniqueKey<std::string>(pairing.functions, name, [&](bool isPost, uint32_t i) {
    const Function &function = (isPost ? input.post : input.pre).functions()[i];
    return hasOwnName(function.source) ? key(function.object, function.name) : std::nullopt;
  });
  pairByUniqueKey<std::string>(pairing.data, name, [&](bool isPost, uint32_t i) {
    const Datum &datum = (isPost ? input.post : input.pre).data()[i];
    return key(datum.object, datum.name);
  });
}

} // namespace hotgate::analyzer
