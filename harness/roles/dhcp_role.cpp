#include "harness/roles/dhcp_role.h"

namespace hotgate::harness {
namespace {

Ipv4 addressOf(StrictYaml &map, const char *key) {
  const auto parsed = parseAddress(map.text(key));
  if (!parsed)
    map.refuse(key, "must be an IPv4 address");
  return parsed.value_or(0);
}

} // namespace

DhcpRole readDhcpKeys(StrictYaml &file, const Role &common) {
  DhcpRole role{common, {}};
  StrictYaml dhcp = file.map("dhcp");
  role.settle = std::chrono::milliseconds(dhcp.integer("settle_ms", 1, 10'000));
  role.newLeaseEvery = static_cast<int>(dhcp.integer("new_lease_every", 1, 1000));
  role.scope.server = parseAddress(role.server()).value_or(0);
  StrictYaml scope = dhcp.map("scope");
  role.scope.first = addressOf(scope, "first");
  role.scope.last = addressOf(scope, "last");
  role.scope.mask = addressOf(scope, "mask");
  role.scope.router = addressOf(scope, "router");
  role.scope.leaseSeconds = static_cast<uint32_t>(scope.integer("lease_seconds", 1, UINT32_MAX));
  return role;
}

Result<DhcpRole> readDhcpRole(const std::filesystem::path &path) {
  HOTGATE_TRY(StrictYaml file, StrictYaml::open(path));
  const Role common = readRoleKeys(file);
  if (common.probe != dhcpProbeName)
    file.refuse("probe", "must be dhcp");
  DhcpRole role = readDhcpKeys(file, common);
  HOTGATE_CHECK(file.finish());
  return role;
}

} // namespace hotgate::harness
