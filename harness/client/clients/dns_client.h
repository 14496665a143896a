// The DNS role's client, on libldns: queries over UDP and TCP, with and without EDNS, a dynamic update (RFC 2136), what
// a DHCP server registers for its client (RFC 4703), and a zone transfer. Each message is sent once: who asks again
// hides the loss.
//
// Settings: zone, host, a, aaaa, srv_host, srv, big_host (an answer of more than 512 bytes), big_records, reverse_zone,
// update_network ("10.77.1": clients register addresses in it). Limits: no TSIG, no DNSSEC.
#pragma once

#include "harness/roles/role_client.h"
#include "support/result.h"

#include <functional>

namespace hotgate::harness {

class DnsClient : public RoleClient {
public:
  explicit DnsClient(ClientSetup setup);

  [[nodiscard]] std::vector<std::string> exchanges() const override;
  Outcome perform(const std::string &exchange, Deadline deadline) override;

private:
  [[nodiscard]] std::string setting(const char *name) const;
  [[nodiscard]] std::string fullName(const std::string &host) const; // "www.hotgate.test."
  Outcome edns(Deadline deadline);
  Outcome tcpFallback(Deadline deadline);
  Outcome nonexistent(Deadline deadline);
  Outcome update(Deadline deadline);
  Outcome dhcpRegistration(Deadline deadline);
  Outcome transfer(Deadline deadline);
  Result<> transferZone(Deadline deadline) const;

  ClientSetup setup_;
  std::map<std::string, std::function<Outcome(Deadline)>> exchanges_;
};

} // namespace hotgate::harness
