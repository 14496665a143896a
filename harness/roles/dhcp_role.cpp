#include "harness/roles/dhcp_role.h"

#include <algorithm>

namespace hotgate::harness {
namespace {

Ipv4 addressOf(StrictYaml &map, const char *key) {
  const auto parsed = parseAddress(map.text(key));
  if (!parsed)
    map.refuse(key, "must be an IPv4 address");
  return parsed.value_or(0);
}

bool isIn(const std::vector<std::string> &names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// At most 63 bytes a label: the name goes into messages as it is.
DhcpRegistration registrationOf(StrictYaml registration) {
  DhcpRegistration read{registration.text("domain"),
                        std::chrono::milliseconds(registration.integer("within_ms", 1, 60'000))};
  if (read.domain.empty() || read.domain.size() > 63 || read.domain.front() == '.' || read.domain.back() == '.' ||
      read.domain.find("..") != std::string::npos ||
      read.domain.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") != std::string::npos)
    registration.refuse("domain", "must be a domain in lower case, as in hotgate.test");
  return read;
}

} // namespace

bool DhcpRole::asks(std::string_view exchange) const { return isIn(smoke, exchange); }

DhcpRole readDhcpKeys(StrictYaml &file, const Role &common) {
  DhcpRole role;
  static_cast<Role &>(role) = common;
  StrictYaml dhcp = file.map("dhcp");
  role.settle = std::chrono::milliseconds(dhcp.integer("settle_ms", 1, 10'000));
  role.newLeaseEvery = static_cast<int>(dhcp.integer("new_lease_every", 1, 1000));
  role.scope.server = parseAddress(role.server()).value_or(0);
  if (dhcp.has("registration"))
    role.registration = registrationOf(dhcp.map("registration"));
  else if (role.asks("registration") || (role.reference && isIn(role.reference->smoke, "registration")))
    file.refuse("dhcp", "must have the key registration, as smoke asks for it");
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
