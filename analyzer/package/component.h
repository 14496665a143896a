// Which component of Windows a file belongs to: from a manifest, or from the name of the folder that the servicing
// stack gives every component:
//
//   amd64_microsoft-windows-dhcp-server_31bf3856ad364e35_10.0.26100.1_none_0123456789abcdef
//   architecture, name, public key token, version, language, hash
//
// A long name is shortened in the folder ("microsoft-windows-h..ient"), in the same way on both sides of a KB; the
// manifest has the whole one.
#pragma once

#include "support/result.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hotgate::analyzer {

// All in lower case. "" where it is not said.
struct ComponentIdentity {
  std::string name;
  std::string version;
  std::string language;     // "neutral", "en-us"
  std::string architecture; // "amd64", "wow64", "x86", "arm64", as Windows says it
};

// Of a folder's name; nullopt when it has not this form.
std::optional<ComponentIdentity> componentOfFolder(std::string_view folder);

// Of a .manifest or .mum file: its first assemblyIdentity. nullopt when it has none. Errors: input, with the line.
Result<std::optional<ComponentIdentity>> componentOfManifest(std::span<const uint8_t> bytes, const std::string &entity);

} // namespace hotgate::analyzer
