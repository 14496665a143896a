// What can be said of an image file at a glance, before it is opened: whether it is one, for which machine, in which
// language.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace hotgate::analyzer {

// .exe, .dll, .sys, .drv.
[[nodiscard]] bool hasImageName(std::string_view name);
[[nodiscard]] bool beginsLikeAnImage(std::span<const uint8_t> bytes);
// "x64", "arm64", "x86", "machine 0x1c4"; "" when the file is no PE image.
[[nodiscard]] std::string machineOf(std::span<const uint8_t> bytes);
// Of the folder that is called like a language ("en-US/dhcpssvc.dll.mui"), in lower case; else "neutral".
[[nodiscard]] std::string languageOfPath(std::string_view path);

} // namespace hotgate::analyzer
