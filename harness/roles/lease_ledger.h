// What this probe has of a server's scope: who holds which address, what was offered, what was declined. It tells a
// server that has nothing left to give from one that does not answer: with the scope all ours, silence to a new client
// is right.
//
// Limits: the scope is the probe's alone; addresses that others hold are not known.
#pragma once

#include "harness/roles/dhcp_message.h"

#include <map>
#include <optional>
#include <set>

namespace hotgate::harness {

class LeaseLedger {
public:
  // An offer is kept for the client that got it, until it takes another one.
  void offered(const MacAddress &client, Ipv4 address);
  void leased(const MacAddress &client, Ipv4 address);
  void released(const MacAddress &client);
  void declined(const MacAddress &client, Ipv4 address);

  // The other client that holds the address.
  [[nodiscard]] std::optional<MacAddress> otherHolder(const MacAddress &client, Ipv4 address) const;
  // A client that holds an address.
  [[nodiscard]] std::optional<std::pair<MacAddress, Ipv4>> anyHolder() const;

  // The most that was taken at one time, since the last beginStep(): different addresses, of all three kinds.
  struct Taken {
    size_t addresses = 0;
    std::string text; // "6 leased, 1 offered, 2 declined"
  };
  void beginStep();
  [[nodiscard]] const Taken &mostTaken() const { return mostTaken_; }

private:
  void count();
  std::map<MacAddress, Ipv4> leased_;
  std::map<MacAddress, Ipv4> offered_;
  std::set<Ipv4> declined_;
  Taken mostTaken_;
};

} // namespace hotgate::harness
