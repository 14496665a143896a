// lab.yaml: what one KB asks of the lab.
#pragma once

#include "harness/roles/role_probe.h"
#include "harness/roles/witness.h"

#include <filesystem>

namespace hotgate::harness {

enum class Provider : uint8_t { qemu, wineHost };
[[nodiscard]] std::string_view providerName(Provider provider); // as in lab.yaml: qemu, wine-host

struct LabConfig {
  Provider provider = Provider::qemu;
  int memoryMiB = 512;
  std::string serviceName;
  std::string serviceArguments;
  Witness witness;
  SoakLoad soak{.requests = 0, .clients = 0}; // 0: the role's, which runLab() fills in
};

// Errors: usage, naming the line of an unknown, missing or wrong key; input, when the file cannot be read.
Result<LabConfig> readLabConfig(const std::filesystem::path &path);

} // namespace hotgate::harness
