// harness/roles/dhcp.yaml: the DHCP role's addresses, deadlines and limits.
#pragma once

#include "harness/roles/dhcp_exchange.h"

#include <filesystem>

namespace hotgate::harness {

struct DhcpRole {
  std::vector<std::string> components; // module names, lower case
  std::string guestAddress;            // of the guest's NIC, "10.77.0.1/24"
  DhcpScope scope;
  std::chrono::milliseconds deadline{2000};
  int hangDeadlines = 3;
  std::chrono::milliseconds settle{750}; // after a RELEASE or DECLINE
  int newLeaseEvery = 8;
  int sampleEvery = 10;
  int warmUpPercent = 20;
};

Result<DhcpRole> readDhcpRole(const std::filesystem::path &path);

} // namespace hotgate::harness
