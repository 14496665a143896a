#include "harness/roles/dhcp_role.h"

#include "support/strict_yaml.h"

namespace hotgate::harness {
namespace {

Ipv4 addressOf(StrictYaml &map, const char *key) {
  const auto parsed = parseAddress(map.text(key));
  if (!parsed)
    map.refuse(key, "must be an IPv4 address");
  return parsed.value_or(0);
}

// "10.77.0.1/24": the address goes into a guest's shell command, so only this form passes.
Ipv4 networkAddressOf(StrictYaml &file, std::string &text) {
  text = file.text("address");
  const size_t slash = text.find('/');
  const auto parsed = parseAddress(text.substr(0, slash));
  const std::string prefix = slash == std::string::npos ? "" : text.substr(slash + 1);
  const bool isPrefix = prefix.size() == 2 && prefix >= "08" && prefix <= "30" &&
                        prefix.find_first_not_of("0123456789") == std::string::npos;
  if (!parsed || !isPrefix)
    file.refuse("address", "must be an IPv4 address with a prefix length, as in 10.77.0.1/24");
  return parsed.value_or(0);
}

} // namespace

Result<DhcpRole> readDhcpRole(const std::filesystem::path &path) {
  HOTGATE_TRY(StrictYaml file, StrictYaml::open(path));
  DhcpRole role;
  if (file.text("role") != "dhcp")
    file.refuse("role", "must be dhcp");
  role.components = file.texts("components");
  role.scope.server = networkAddressOf(file, role.guestAddress);
  StrictYaml scope = file.map("scope");
  role.scope.first = addressOf(scope, "first");
  role.scope.last = addressOf(scope, "last");
  role.scope.mask = addressOf(scope, "mask");
  role.scope.router = addressOf(scope, "router");
  role.scope.leaseSeconds = static_cast<uint32_t>(scope.integer("lease_seconds", 1, UINT32_MAX));
  role.deadline = std::chrono::milliseconds(file.integer("deadline_ms", 1, 60'000));
  role.hangDeadlines = static_cast<int>(file.integer("hang_deadlines", 1, 100));
  role.settle = std::chrono::milliseconds(file.integer("settle_ms", 1, 10'000));
  StrictYaml soak = file.map("soak");
  role.newLeaseEvery = static_cast<int>(soak.integer("new_lease_every", 1, 1000));
  role.sampleEvery = static_cast<int>(soak.integer("sample_every", 1, 1000));
  role.warmUpPercent = static_cast<int>(soak.integer("warm_up_percent", 0, 90));
  HOTGATE_CHECK(file.finish());
  return role;
}

} // namespace hotgate::harness
