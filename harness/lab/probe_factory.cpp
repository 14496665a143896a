#include "harness/lab/probe_factory.h"

#include "harness/client/client_probe.h"
#include "harness/roles/dhcp_probe.h"
#include "support/mapped_file.h"

#include <algorithm>

namespace hotgate::harness {

Result<ProbeFactory> probeFactory(const std::filesystem::path &roleFile, const Role &role, const Witness &witness,
                                  const SoakLoad &load, const ClientPrograms &programs) {
  if (witness.kind != role.witness)
    return failUsage("lab.yaml", "witness.kind",
                     fmt::format("role {} has witnesses of kind {}, not {}", role.name, role.witness, witness.kind),
                     fmt::format("see {}", roleFile.string()));
  if (role.probe == dhcpProbeName) {
    HOTGATE_TRY(DhcpRole dhcp, readDhcpRole(roleFile));
    dhcp.smoke = role.smoke; // a reference run asks for more
    return ProbeFactory([=](Link &link) -> Result<std::unique_ptr<RoleProbe>> {
      return std::make_unique<DhcpProbe>(link, dhcp, witness.relayOption, load);
    });
  }
  HOTGATE_CHECK(MappedFile::open(programs.client));
  HOTGATE_CHECK(MappedFile::open(programs.tap));
  return ProbeFactory([=](Link &link) -> Result<std::unique_ptr<RoleProbe>> {
    HOTGATE_TRY(auto clients, ClientProcess::start(link, role, programs));
    return std::make_unique<ClientProbe>(std::move(clients), role, witness.exchange, load);
  });
}

} // namespace hotgate::harness
