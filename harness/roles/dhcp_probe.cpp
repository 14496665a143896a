// RELEASE and DECLINE have no answer of their own: what is counted under their names is the DISCOVER that follows,
// which shows that the server took them in and (DECLINE) does not offer the address again.
#include "harness/roles/dhcp_probe.h"

#include "harness/roles/dhcp_queries.h"
#include "harness/roles/dns_lookup.h"

#include <set>

namespace hotgate::harness {
namespace {

constexpr uint8_t crowd = 4; // clients that come at the same time

} // namespace

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

Result<std::optional<DhcpAnswer>> DhcpProbe::newLease(const MacAddress &client, const std::string &fullName) {
  DhcpQuery discover = discoverQuery(client);
  discover.fullName = fullName;
  HOTGATE_TRY(const FinishedExchange offered, exchange("discover-offer", discover, offerExpected()));
  if (!offered.isRight())
    return std::nullopt;
  DhcpQuery select = selectQuery(client, *offered.answer, role_.scope.server);
  select.fullName = fullName;
  HOTGATE_TRY(const FinishedExchange acknowledged,
              exchange("request-ack", select, acknowledgeExpected(offered.answer->address)));
  return leased(acknowledged);
}

Result<ProbeReport> DhcpProbe::report() {
  HOTGATE_CHECK(exchanges_.drain());
  ProbeReport report{.tallies = exchanges_.takeTallies(), .fault = "", .labFault = ""};
  add(report.tallies, std::exchange(lookups_, {}));
  report.fault = firstFault(report.tallies);
  HOTGATE_TRY(report.labFault, exhaustion(report.tallies));
  return report;
}

Result<std::string> DhcpProbe::exhaustion(const ExchangeTallies &tallies) {
  // What a server with nothing left does not answer, or refuses when two clients were offered the last address. After a
  // release it has one again.
  const std::set<std::string_view> needAddress{"discover-offer", "request-ack", "decline", "crowd"};
  bool isUnanswered = false;
  for (const auto &[exchange, tally] : tallies) {
    if (!tally.isRight() && (tally.wrong != tally.refused || tally.late != 0 || !needAddress.contains(exchange)))
      return std::string();
    isUnanswered = isUnanswered || !tally.isRight();
  }
  const LeaseLedger::Taken taken = exchanges_.ledger().mostTaken();
  exchanges_.ledger().beginStep();
  const auto holder = exchanges_.ledger().anyHolder();
  if (!isUnanswered || !holder || taken.addresses < role_.scope.size())
    return std::string();
  DhcpAnswer lease;
  lease.address = holder->second;
  HOTGATE_TRY(const FinishedExchange held,
              exchange("rebind", rebindQuery(holder->first, lease), acknowledgeExpected(holder->second)));
  HOTGATE_CHECK(exchanges_.drain());
  exchanges_.takeTallies();
  if (!held.isRight())
    return std::string();
  return fmt::format("the scope is exhausted: all {} addresses are taken ({}), and a client that holds one still gets "
                     "its answers; give the scope more addresses",
                     role_.scope.size(), taken.text);
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

Result<> DhcpProbe::smokeOfCrowd() {
  std::vector<DhcpAnswer> leases;
  for (uint8_t index = 0; index < crowd; ++index)
    HOTGATE_CHECK(exchanges_.start("crowd", discoverQuery(clientHardware(ClientGroup::crowd, index)), offerExpected()));
  while (!exchanges_.isIdle()) {
    HOTGATE_TRY(const FinishedExchange finished, exchanges_.finishOne());
    if (!finished.isRight())
      continue;
    const DhcpAnswer &answer = *finished.answer;
    if (answer.type == static_cast<uint8_t>(DhcpType::offer))
      HOTGATE_CHECK(exchanges_.start("crowd", selectQuery(finished.client, answer, role_.scope.server),
                                     acknowledgeExpected(answer.address)));
    else
      leases.push_back(answer);
  }
  // They leave again, so that asking does not use the scope up. One stays: by its holder an exhausted scope is told
  // from a server that does not answer.
  for (const DhcpAnswer &lease : leases)
    if (lease.client != clientHardware(ClientGroup::crowd, 0))
      HOTGATE_CHECK(exchanges_.sendOnly(releaseQuery(lease.client, lease, role_.scope.server)));
  return {};
}

Result<ProbeReport> DhcpProbe::smoke() {
  const MacAddress holder = clientHardware(ClientGroup::smoke, 1);
  HOTGATE_TRY(const std::optional<DhcpAnswer> lease, newLease(holder));
  if (lease)
    HOTGATE_CHECK(smokeOfHolder(holder, *lease));
  HOTGATE_CHECK(smokeOfDecliner(clientHardware(ClientGroup::smoke, 2)));
  HOTGATE_CHECK(smokeOfCrowd());
  if (role_.registration && role_.asks("registration"))
    HOTGATE_CHECK(smokeOfNamed(clientHardware(ClientGroup::smoke, 4)));
  HOTGATE_CHECK(exchange("nak", wrongNetworkQuery(clientHardware(ClientGroup::smoke, 3)), refusalExpected()));
  return report();
}

Result<> DhcpProbe::smokeOfNamed(const MacAddress &client) {
  const std::string name = "probe." + role_.registration->domain;
  HOTGATE_TRY(const std::optional<DhcpAnswer> lease, newLease(client, name));
  if (!lease)
    return {};
  DnsLookups lookups(link_, exchanges_, *lease, role_.scope.server, role_.registration->within);
  HOTGATE_TRY(ExchangeTally registration, lookups.awaitAnswer(DnsRecord::address, name, addressText(lease->address)));
  if (registration.isRight()) {
    HOTGATE_TRY(registration, lookups.awaitAnswer(DnsRecord::name, reverseName(lease->address), name));
  }
  lookups_["registration"] = std::move(registration);
  HOTGATE_CHECK(notify(releaseQuery(client, *lease, role_.scope.server)));
  DnsLookups released(link_, exchanges_, *lease, role_.scope.server, role_.registration->within);
  HOTGATE_TRY(lookups_["deregistration"], released.awaitAnswer(DnsRecord::address, name, noSuchName));
  return {};
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
