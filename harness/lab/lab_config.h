// lab.yaml: what one KB asks of the lab.
#pragma once

#include "harness/lab/machine_config.h"
#include "harness/lab/quarantine.h"
#include "harness/lab/recovery_watch.h"
#include "harness/roles/role_probe.h"
#include "harness/roles/witness.h"

#include <filesystem>

namespace hotgate::harness {

struct LabConfig {
  Provider provider = Provider::qemu;
  int memoryMiB = 512;
  std::string serviceName; // of the base image where Hotgate installs it; "" only on a Windows machine
  std::string serviceArguments;
  Witness witness;
  SoakLoad soak{.requests = 0, .clients = 0};  // 0: the role's, which runLab() fills in
  MachineConfig machine;                       // empty: Hotgate's own guest
  std::vector<QuarantinedExchange> quarantine; // of the run's role; from a file of its own
  RecoveryLimits recovery;                     // not from the file: the agent and the limits belong together
};

// `chosen`: in place of the file's own provider. A file may describe several machines, of which the provider uses one.
// Errors: usage, naming the line of an unknown, missing or wrong key; input, when the file cannot be read.
Result<LabConfig> readLabConfig(const std::filesystem::path &path, std::optional<Provider> chosen = std::nullopt);

} // namespace hotgate::harness
