// The text of run-client.sh, compiled in.
#pragma once

#include <string_view>

namespace hotgate::harness::recipe {

std::string_view runClient();

} // namespace hotgate::harness::recipe
