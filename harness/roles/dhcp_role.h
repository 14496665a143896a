// What the DHCP role's file (harness/roles/dhcp.yaml) has beyond the other roles', under `dhcp`: the scope, and how its
// probe, which is a client state machine of its own, spends its time.
#pragma once

#include "harness/roles/dhcp_exchange.h"
#include "harness/roles/role.h"

namespace hotgate::harness {

constexpr const char *dhcpProbeName = "dhcp";

// That a client's name is in DNS some time after its lease was granted: the exchanges `registration` and
// `deregistration` of a role's smoke. The DNS server is on the DHCP server's machine.
struct DhcpRegistration {
  std::string domain;                     // of the client's name: "hotgate.test"
  std::chrono::milliseconds within{4000}; // after the ACK or RELEASE: nobody waits for the name before
};

struct DhcpRole : Role {
  DhcpScope scope;
  std::chrono::milliseconds settle{750}; // after a RELEASE or DECLINE
  int newLeaseEvery = 8;
  std::optional<DhcpRegistration> registration;
  [[nodiscard]] bool asks(std::string_view exchange) const; // in smoke
};

Result<DhcpRole> readDhcpRole(const std::filesystem::path &path);
// Of a file whose common keys are in `role`.
DhcpRole readDhcpKeys(StrictYaml &file, const Role &role);

} // namespace hotgate::harness
