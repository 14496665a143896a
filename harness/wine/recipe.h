// The texts of harness/wine/recipe, compiled in.
#pragma once

#include <string_view>

namespace hotgate::harness::recipe {

std::string_view makePrefix();
std::string_view runAgent();

} // namespace hotgate::harness::recipe
