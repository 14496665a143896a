// Where a lab run takes place.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace hotgate::harness {

enum class Provider : uint8_t {
  qemu,     // Hotgate's own guest, or a disk image of the user's
  wineHost, // this host's wine
  ssh,      // an existing machine
  libvirt,  // a domain on this host
};
inline constexpr std::array allProviders{Provider::qemu, Provider::wineHost, Provider::ssh, Provider::libvirt};

// As in lab.yaml and on the command line.
[[nodiscard]] constexpr std::string_view providerName(Provider provider) {
  constexpr std::array<std::string_view, 4> names{"qemu", "wine-host", "ssh", "libvirt"};
  return names.at(static_cast<size_t>(provider));
}

[[nodiscard]] constexpr std::optional<Provider> providerNamed(std::string_view name) {
  for (const Provider provider : allProviders)
    if (name == providerName(provider))
      return provider;
  return std::nullopt;
}

} // namespace hotgate::harness
