// What is asked of a DHCP server from outside: the smoke set, the witness of the base's bug, and the soak.
#pragma once

#include "harness/roles/dhcp_role.h"

#include <functional>

namespace hotgate::harness {

struct ProbeReport {
  ExchangeTallies tallies;
  std::string fault; // "" when every exchange was answered in time with the right content
  // Why the fault is the lab's and not the service's: all addresses are ours, so that it had nothing to give. "" when
  // there is no such reason.
  std::string labFault;
};

// A DISCOVER whose last option, 82, declares more bytes than the message has, and nothing behind it.
struct DhcpWitness {
  uint8_t declaredLength = 120;
  uint8_t present = 8;
};
struct WitnessReport {
  ExchangeTallies tallies;
  std::string seen; // vulnerable, fixed, no-answer, other
  std::string text;
};

struct DhcpSoak {
  int64_t requests = 400; // DHCPREQUESTs in all: each is a transaction, new leases and renewals alike
  int clients = 6;        // in flight
};
struct SoakReport {
  ExchangeTallies tallies;
  int64_t transactions = 0; // answered DHCPREQUESTs
  bool hung = false;        // nothing was answered any more
  std::string fault;
  std::string labFault; // as in ProbeReport
};

class DhcpProbe {
public:
  DhcpProbe(Link &link, const DhcpRole &role) : role_(role), exchanges_(link, role.scope, role.deadline) {}

  // One new lease: the gate before anything is believed.
  Result<ProbeReport> health();
  Result<ProbeReport> smoke();
  // Asked up to three times when there is no answer: one lost frame says nothing about the code.
  Result<WitnessReport> witness(const DhcpWitness &witness);
  // `sample` is called with the number of transactions so far: at 0 and after every sampleEvery of them.
  using Sample = std::function<Result<>(int64_t transactions)>;
  Result<SoakReport> soak(const DhcpSoak &soak, const Sample &sample);
  // The same clients for as long as it goes on, which is asked before each request with the number of those before it.
  // Nothing is asked any more once the service is silent.
  using GoesOn = std::function<Result<bool>(int64_t requests)>;
  Result<SoakReport> load(int clients, const GoesOn &goesOn);

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
  Result<FinishedExchange> witnessExchange(const DhcpWitness &witness);
  // New clients at the same time: each gets an address of its own.
  Result<> smokeOfCrowd();
  // Why new clients got no answer, when it is that the scope is exhausted: then holders still get theirs.
  Result<std::string> exhaustion(const ExchangeTallies &tallies);
  Result<SoakReport> finishSoak(SoakReport report);
  // The end of a step: late answers are waited for, once.
  Result<ProbeReport> report();

  const DhcpRole &role_;
  DhcpExchanges exchanges_;
};

} // namespace hotgate::harness
