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
      : role_(role), witness_(witness), load_(load), exchanges_(link, role.scope, role.deadline), link_(link) {}

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
  Result<std::optional<DhcpAnswer>> newLease(const MacAddress &client, const std::string &fullName = {});
  Result<> smokeOfHolder(const MacAddress &client, const DhcpAnswer &lease);
  Result<> smokeOfDecliner(const MacAddress &client);
  // DECLINE, RELEASE: sends it and gives the server time to take it in.
  Result<> notify(const DhcpQuery &query);
  // One DISCOVER with the malformed option; drained.
  Result<FinishedExchange> witnessExchange();
  // New clients at the same time: each gets an address of its own.
  Result<> smokeOfCrowd();
  // A client with a name: DNS knows it once the client has its lease, and no longer once it has released it.
  Result<> smokeOfNamed(const MacAddress &client);
  // Why new clients got no answer, when it is that the scope is exhausted: then holders still get theirs.
  Result<std::string> exhaustion(const ExchangeTallies &tallies);
  Result<SoakReport> soakUntil(const GoesOn &goesOn, const Sample &sample);
  // The end of a step: late answers are waited for, once.
  Result<ProbeReport> report();

  DhcpRole role_;
  DhcpWitness witness_;
  SoakLoad load_;
  DhcpExchanges exchanges_;
  Link &link_;
  ExchangeTallies lookups_; // of names in DNS, in this step
};

} // namespace hotgate::harness
