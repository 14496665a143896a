// A role's probe whose exchanges are performed by clients in hotgate-client: which exchange is asked when, and what the
// answers add up to.
#pragma once

#include "harness/client/clients.h"
#include "harness/roles/role.h"
#include "harness/roles/role_probe.h"

namespace hotgate::harness {

class ClientProbe : public RoleProbe {
public:
  // `witness`: the exchange that lab.yaml names; "" when nothing asks for one.
  ClientProbe(std::unique_ptr<Clients> clients, Role role, std::string witness, const SoakLoad &load)
      : clients_(std::move(clients)), role_(std::move(role)), witness_(std::move(witness)), load_(load) {}

  // The first exchange of the smoke set, again and again until it goes well or the role's start limit has passed: a
  // service says "running" before it listens. What the last attempt gave is reported.
  Result<ProbeReport> health() override;
  Result<ProbeReport> smoke() override;
  Result<WitnessReport> witness() override;
  Result<SoakReport> soak(const Sample &sample) override;
  Result<SoakReport> load(const GoesOn &goesOn) override;

private:
  // One exchange on its own, by client 0.
  Result<Outcome> exchange(const std::string &name, ExchangeTallies &tallies);

  std::unique_ptr<Clients> clients_;
  Role role_;
  std::string witness_;
  SoakLoad load_;
};

} // namespace hotgate::harness
