// What is asked of a DHCP server from outside: the smoke set, the witness of the base's bug, and the soak.
#pragma once

#include "harness/roles/dhcp_role.h"
#include "harness/roles/role_probe.h"
#include "harness/roles/witness.h"

namespace hotgate::harness {

class DhcpProbe : public RoleProbe {
public:
  // In a soak each DHCPREQUEST is a transaction, new leases and renewals alike.
  DhcpProbe(Link &link, const DhcpRole &role, const DhcpWitness &witness = {}, const SoakLoad &load = {})
      : role_(role), witness_(witness), load_(load), exchanges_(link, role.scope, role.deadline) {}

  // One new lease.
  Result<ProbeReport> health() override;
  Result<ProbeReport> smoke() override;
  Result<WitnessReport> witness() override;
  Result<SoakReport> soak(const Sample &sample) override;
  Result<SoakReport> load(const GoesOn &goesOn) override;

private:
  // One exchange on its own, to its end.
  Result<FinishedExchange> exchange(const std::string &name, const DhcpQuery &query, const Expectation &expected);
  // DISCOVER to ACK. nullopt when the server did not go along.
  std::optional<DhcpAnswer> leased(const FinishedExchange &acknowledged);
  Result<std::optional<DhcpAnswer>> newLease(const MacAddress &client);
  Result<> smokeOfHolder(const MacAddress &client, const DhcpAnswer &lease);
  Result<> smokeOfDecliner(const MacAddress &client);
  // DECLINE, RELEASE: sends it and gives the server time to take it in.
  Result<> notify(const DhcpQuery &query);
  // One DISCOVER with the malformed option; drained.
  Result<FinishedExchange> witnessExchange();
  // The end of a step: late answers are waited for, once.
  Result<ProbeReport> report();

  DhcpRole role_;
  DhcpWitness witness_;
  SoakLoad load_;
  DhcpExchanges exchanges_;
};

} // namespace hotgate::harness
