// lab.yaml: what one KB asks of the lab.
#pragma once

#include "harness/lab/machine_config.h"
#include "harness/lab/quarantine.h"
#include "harness/lab/recovery_watch.h"
#include "harness/roles/role_probe.h"
#include "harness/roles/witness.h"

#include <filesystem>

namespace hotgate::harness {

enum class Provider : uint8_t { qemu, wineHost, ssh, libvirt };
[[nodiscard]] std::string_view providerName(Provider provider); // as in lab.yaml: qemu, wine-host, ssh, libvirt
[[nodiscard]] std::optional<Provider> providerNamed(std::string_view name);

struct LabConfig {
  Provider provider = Provider::qemu;
  int memoryMiB = 512;
  std::string serviceName;
  std::string serviceArguments;
  Witness witness;
  SoakLoad soak{.requests = 0, .clients = 0};  // 0: the role's, which runLab() fills in
  MachineConfig machine;                       // empty: Hotgate's own guest
  std::vector<QuarantinedExchange> quarantine; // of the run's role; from a file of its own
  RecoveryLimits recovery;                     // not from the file: the agent and the limits belong together
};

// Errors: usage, naming the line of an unknown, missing or wrong key; input, when the file cannot be read.
Result<LabConfig> readLabConfig(const std::filesystem::path &path);

} // namespace hotgate::harness
