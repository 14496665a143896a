#include "harness/lab/lab_config.h"

#include "support/strict_yaml.h"

namespace hotgate::harness {

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

// What the file says, and what the command line says in its place.
Provider providerOf(StrictYaml &file, std::optional<Provider> chosen) {
  const std::string text = file.text("provider", std::string(providerName(Provider::qemu)));
  const auto usual = providerNamed(text);
  if (!usual)
    file.refuse("provider", "must be qemu, wine-host, ssh or libvirt");
  // A machine that is described and silently not used would be judged by another's result.
  if (!chosen && !file.has("provider") && (file.has("ssh") || file.has("libvirt")))
    file.refuse("provider", "is missing: say where the lab runs usually, ssh, libvirt, qemu or wine-host");
  return chosen.value_or(usual.value_or(Provider::qemu));
}

} // namespace

Result<LabConfig> readLabConfig(const std::filesystem::path &path, std::optional<Provider> chosen) {
  HOTGATE_TRY(StrictYaml file, StrictYaml::open(path));
  LabConfig config;
  config.provider = providerOf(file, chosen);
  config.memoryMiB = static_cast<int>(file.integer("memory", 384, 16384, config.memoryMiB));
  config.machine = readMachineConfig(file, config.provider, config.memoryMiB, path.parent_path());
  // On a Windows machine the role's own service is under test.
  if (file.has("service") || !config.machine.windows) {
    StrictYaml service = file.map("service");
    config.serviceName = service.text("name");
    if (config.serviceName.empty())
      service.refuse("name", "must not be empty");
    config.serviceArguments = service.text("arguments", "");
  }
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
