#include "harness/lab/lab_config.h"

#include "support/strict_yaml.h"

#include <array>

namespace hotgate::harness {

std::string_view providerName(Provider provider) {
  constexpr std::array<std::string_view, 4> names{"qemu", "wine-host", "ssh", "libvirt"};
  return names.at(static_cast<size_t>(provider));
}

Result<LabConfig> readLabConfig(const std::filesystem::path &path) {
  HOTGATE_TRY(StrictYaml file, StrictYaml::open(path));
  LabConfig config;
  const std::string provider = file.text("provider", "qemu");
  bool isKnown = false;
  for (const Provider each : {Provider::qemu, Provider::wineHost, Provider::ssh, Provider::libvirt})
    if (provider == providerName(each)) {
      config.provider = each;
      isKnown = true;
    }
  if (!isKnown)
    file.refuse("provider", "must be qemu, wine-host, ssh or libvirt");
  config.memoryMiB = static_cast<int>(file.integer("memory", 384, 16384, config.memoryMiB));
  StrictYaml service = file.map("service");
  config.serviceName = service.text("name");
  if (config.serviceName.empty())
    service.refuse("name", "must not be empty");
  config.serviceArguments = service.text("arguments", "");
  StrictYaml witness = file.map("witness");
  if (witness.text("kind") != "dhcp-relay-option")
    witness.refuse("kind", "must be dhcp-relay-option");
  config.witness.declaredLength = static_cast<uint8_t>(witness.integer("declared_length", 1, 255));
  config.witness.present = static_cast<uint8_t>(witness.integer("present", 0, 254));
  if (config.witness.present >= config.witness.declaredLength)
    witness.refuse("present", "must be less than declared_length");
  if (file.has("soak")) {
    StrictYaml soak = file.map("soak");
    config.soak.requests = soak.integer("requests", 1, 1'000'000, config.soak.requests);
    config.soak.clients = static_cast<int>(soak.integer("clients", 1, 64, config.soak.clients));
  }
  config.machine = readMachineConfig(file, provider, config.memoryMiB, path.parent_path());
  HOTGATE_CHECK(file.finish());
  return config;
}

} // namespace hotgate::harness
