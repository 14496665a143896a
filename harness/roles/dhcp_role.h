// What the DHCP role's file (harness/roles/dhcp.yaml) has beyond the other roles', under `dhcp`: the scope, and how its
// probe, which is a client state machine of its own, spends its time.
#pragma once

#include "harness/roles/dhcp_exchange.h"
#include "harness/roles/role.h"

namespace hotgate::harness {

constexpr const char *dhcpProbeName = "dhcp";

struct DhcpRole : Role {
  DhcpScope scope;
  std::chrono::milliseconds settle{750}; // after a RELEASE or DECLINE
  int newLeaseEvery = 8;
};

Result<DhcpRole> readDhcpRole(const std::filesystem::path &path);
// Of a file whose common keys are in `role`.
DhcpRole readDhcpKeys(StrictYaml &file, const Role &role);

} // namespace hotgate::harness
