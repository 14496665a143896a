#include "harness/lab/lab_config.h"

#include "support/strict_yaml.h"

namespace hotgate::harness {

std::string_view providerName(Provider provider) { return provider == Provider::qemu ? "qemu" : "wine-host"; }

namespace {

Witness witnessOf(StrictYaml map) {
  Witness witness;
  witness.kind = map.text("kind");
  if (witness.kind == "dhcp-relay-option") {
    witness.relayOption.declaredLength = static_cast<uint8_t>(map.integer("declared_length", 1, 255));
    witness.relayOption.present = static_cast<uint8_t>(map.integer("present", 0, 254));
    if (witness.relayOption.present >= witness.relayOption.declaredLength)
      map.refuse("present", "must be less than declared_length");
  } else if (witness.kind == "exchange") {
    witness.exchange = map.text("exchange");
  } else {
    map.refuse("kind", "must be dhcp-relay-option or exchange");
  }
  return witness;
}

} // namespace

Result<LabConfig> readLabConfig(const std::filesystem::path &path) {
  HOTGATE_TRY(StrictYaml file, StrictYaml::open(path));
  LabConfig config;
  const std::string provider = file.text("provider", "qemu");
  if (provider == providerName(Provider::wineHost))
    config.provider = Provider::wineHost;
  else if (provider != providerName(Provider::qemu))
    file.refuse("provider", "must be qemu or wine-host");
  config.memoryMiB = static_cast<int>(file.integer("memory", 384, 16384, config.memoryMiB));
  StrictYaml service = file.map("service");
  config.serviceName = service.text("name");
  if (config.serviceName.empty())
    service.refuse("name", "must not be empty");
  config.serviceArguments = service.text("arguments", "");
  config.witness = witnessOf(file.map("witness"));
  if (file.has("soak")) {
    StrictYaml soak = file.map("soak");
    config.soak.requests = soak.has("requests") ? soak.integer("requests", 1, 1'000'000) : 0;
    config.soak.clients = soak.has("clients") ? static_cast<int>(soak.integer("clients", 1, 64)) : 0;
  }
  HOTGATE_CHECK(file.finish());
  return config;
}

} // namespace hotgate::harness
