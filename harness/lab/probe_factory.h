// The probe that a role's file names: DHCP's on the raw link, or the role's clients in hotgate-client.
#pragma once

#include "harness/client/client_process.h"
#include "harness/lab/lab_config.h"
#include "harness/roles/role.h"

namespace hotgate::harness {

// `roleFile` is where `role` was read from. Errors: usage, when the witness is none that this role has; input, when a
// program is missing.
Result<ProbeFactory> probeFactory(const std::filesystem::path &roleFile, const Role &role, const Witness &witness,
                                  const SoakLoad &load, const ClientPrograms &programs);

} // namespace hotgate::harness
