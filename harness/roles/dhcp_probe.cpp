// RELEASE and DECLINE have no answer of their own: what is counted under their names is the DISCOVER that follows,
// which shows that the server took them in and (DECLINE) does not offer the address again.
#include "harness/roles/dhcp_probe.h"

#include "harness/roles/dhcp_queries.h"

namespace hotgate::harness {

Result<FinishedExchange> DhcpProbe::exchange(const std::string &name, const DhcpQuery &query,
                                             const Expectation &expected) {
  HOTGATE_CHECK(exchanges_.start(name, query, expected));
  return exchanges_.finishOne();
}

std::optional<DhcpAnswer> DhcpProbe::leased(const FinishedExchange &acknowledged) {
  if (!acknowledged.isRight())
    return std::nullopt;
  exchanges_.holdAddress(acknowledged.answer->address, acknowledged.client);
  return acknowledged.answer;
}

Result<std::optional<DhcpAnswer>> DhcpProbe::newLease(const MacAddress &client) {
  HOTGATE_TRY(const FinishedExchange offered, exchange("discover-offer", discoverQuery(client), offerExpected()));
  if (!offered.isRight())
    return std::nullopt;
  HOTGATE_TRY(const FinishedExchange acknowledged,
              exchange("request-ack", selectQuery(client, *offered.answer, role_.scope.server),
                       acknowledgeExpected(offered.answer->address)));
  return leased(acknowledged);
}

Result<ProbeReport> DhcpProbe::report() {
  HOTGATE_CHECK(exchanges_.drain());
  ProbeReport report{exchanges_.takeTallies(), ""};
  report.fault = firstFault(report.tallies);
  return report;
}

Result<ProbeReport> DhcpProbe::health() {
  HOTGATE_CHECK(newLease(clientHardware(ClientGroup::smoke, 1)));
  return report();
}

// The server may hand the DISCOVER behind it to another of its threads, which must not overtake. RFC 2131 3.1.5 lets a
// client wait ten seconds after a DECLINE.
Result<> DhcpProbe::notify(const DhcpQuery &query) {
  HOTGATE_CHECK(exchanges_.sendOnly(query));
  return exchanges_.attend(role_.settle);
}

Result<> DhcpProbe::smokeOfHolder(const MacAddress &client, const DhcpAnswer &lease) {
  const Ipv4 server = role_.scope.server;
  const Expectation granted = acknowledgeExpected(lease.address);
  HOTGATE_CHECK(exchange("renew", renewQuery(client, lease, server), granted));
  HOTGATE_CHECK(exchange("rebind", rebindQuery(client, lease), granted));
  HOTGATE_CHECK(exchange("inform", informQuery(client, lease), informExpected()));
  HOTGATE_CHECK(notify(releaseQuery(client, lease, server)));
  HOTGATE_CHECK(exchange("release", discoverQuery(client), offerExpected()));
  return {};
}

Result<> DhcpProbe::smokeOfDecliner(const MacAddress &client) {
  HOTGATE_TRY(const std::optional<DhcpAnswer> lease, newLease(client));
  if (!lease)
    return {};
  HOTGATE_CHECK(notify(declineQuery(client, *lease, role_.scope.server)));
  Expectation another = offerExpected();
  another.notThis = lease->address;
  HOTGATE_CHECK(exchange("decline", discoverQuery(client), another));
  return {};
}

Result<ProbeReport> DhcpProbe::smoke() {
  const MacAddress holder = clientHardware(ClientGroup::smoke, 1);
  HOTGATE_TRY(const std::optional<DhcpAnswer> lease, newLease(holder));
  if (lease)
    HOTGATE_CHECK(smokeOfHolder(holder, *lease));
  HOTGATE_CHECK(smokeOfDecliner(clientHardware(ClientGroup::smoke, 2)));
  HOTGATE_CHECK(exchange("nak", wrongNetworkQuery(clientHardware(ClientGroup::smoke, 3)), refusalExpected()));
  return report();
}

Result<FinishedExchange> DhcpProbe::witnessExchange() {
  DhcpQuery query = discoverQuery(clientHardware(ClientGroup::witness, 1));
  constexpr uint8_t relayAgentInformation = 82;
  query.tail = std::vector<uint8_t>{relayAgentInformation, witness_.declaredLength};
  query.tail->insert(query.tail->end(), witness_.present, 0x57);
  HOTGATE_TRY(FinishedExchange finished, exchange("witness", query, offerExpected()));
  HOTGATE_CHECK(exchanges_.drain());
  return finished;
}

Result<WitnessReport> DhcpProbe::witness() {
  constexpr int attempts = 3;
  HOTGATE_TRY(FinishedExchange finished, witnessExchange());
  for (int attempt = 1; attempt < attempts && !finished.answer; ++attempt) {
    HOTGATE_TRY(finished, witnessExchange());
  }
  WitnessReport report{exchanges_.takeTallies(), "other", ""};
  if (!finished.answer) {
    report.seen = "no-answer";
    report.text = fmt::format("no OFFER within the deadline, asked {} times", attempts);
  } else if (!finished.wrong.empty()) {
    report.text = finished.wrong;
  } else if (!finished.answer->relayInformation) {
    report.seen = "fixed";
    report.text = "the OFFER has no option 82";
  } else {
    const size_t echoed = finished.answer->relayInformation->size();
    report.seen = echoed > witness_.present ? "vulnerable" : "other";
    report.text = fmt::format("the OFFER echoes {} bytes of an option 82 that had {}", echoed, witness_.present);
  }
  return report;
}

} // namespace hotgate::harness
