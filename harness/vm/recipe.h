// The texts of harness/vm/recipe, compiled in: they are the recipe and, hashed, the image's identity.
#pragma once

#include <string_view>

namespace hotgate::harness::recipe {

std::string_view packages();
std::string_view customize();
std::string_view initrdInit();
std::string_view guestInit();
std::string_view buildLayer(); // not of the base image

} // namespace hotgate::harness::recipe
