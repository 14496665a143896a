#include "harness/lab/failover.h"

#include "harness/roles/dhcp_queries.h"
#include "harness/roles/link_hub.h"

#include <thread>

namespace hotgate::harness {
namespace {

using std::chrono::seconds;

// A partner is given up some ten seconds after its last word (customize.sh of the reference); a busy machine needs
// more.
constexpr seconds takeOverLimit{60};
constexpr uint8_t holders = 4; // clients that have a lease of the first server's

// Clients of one server, each asking again until it is answered, or all of them have waited for too long; then once.
class PatientClients {
public:
  PatientClients(Link &wire, const DhcpRole &role, Ipv4 server)
      : server_(server), exchanges_(wire, scopeOf(role, server), std::chrono::milliseconds(2000)) {}

  // The lease, or nullopt; counted under `exchange`.
  Result<std::optional<DhcpAnswer>> ask(const std::string &exchange, const DhcpQuery &query,
                                        const Expectation &expected) {
    ExchangeTally &tally = tallies_[exchange];
    ++tally.sent;
    const auto begin = Clock::now();
    do {
      HOTGATE_CHECK(exchanges_.start(exchange, query, expected));
      HOTGATE_TRY(FinishedExchange finished, exchanges_.finishOne());
      if (!finished.answer)
        continue;
      ++tally.answered;
      tally.milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
      if (finished.isRight()) {
        exchanges_.holdAddress(finished.answer->address, finished.client);
        return finished.answer;
      }
      if (tally.wrong++ == 0)
        tally.firstWrong = finished.wrong;
      return std::nullopt;
    } while (Clock::now() < end_);
    return std::nullopt;
  }

  // `wanted` is another client's address: a server that knows of its lease offers another one, and one that does not
  // gives it away.
  Result<std::optional<DhcpAnswer>> newLease(const MacAddress &client, std::optional<Ipv4> wanted = std::nullopt) {
    DhcpQuery discover = discoverQuery(client);
    discover.requested = wanted;
    HOTGATE_TRY(const auto offer, ask("lease", discover, offerExpected()));
    if (!offer)
      return std::nullopt;
    return ask("lease", selectQuery(client, *offer, server_), acknowledgeExpected(offer->address));
  }

  // The client finds its server silent, rebinds, and then renews at the one that answered.
  Result<> keepLease(const DhcpAnswer &lease) {
    const Expectation same = acknowledgeExpected(lease.address);
    HOTGATE_TRY(const auto rebound, ask("rebind", rebindQuery(lease.client, lease), same));
    if (rebound)
      HOTGATE_CHECK(ask("renew", renewQuery(lease.client, *rebound, server_), same));
    return {};
  }

  // The lease was another server's; nobody else may get its address.
  void hold(const DhcpAnswer &lease) {
    exchanges_.holdAddress(lease.address, lease.client);
    exchanges_.ledger().leased(lease.client, lease.address);
  }
  ExchangeTallies takeTallies() { return std::exchange(tallies_, {}); }

private:
  static DhcpScope scopeOf(const DhcpRole &role, Ipv4 server) {
    DhcpScope scope = role.scope;
    scope.server = server;
    return scope;
  }

  Ipv4 server_;
  DhcpExchanges exchanges_;
  Deadline end_ = after(takeOverLimit);
  ExchangeTallies tallies_;
};

class FailoverRun {
public:
  FailoverRun(ReferenceGuest first, ReferenceGuest second, const DhcpRole &role, FailoverWay way)
      : first_(std::move(first)), second_(std::move(second)), role_(role), way_(way), wire_(wiresOf(*first_, second_)) {
  }

  Result<FailoverReport> run() {
    HOTGATE_CHECK(startWhole());
    HOTGATE_TRY(const std::vector<DhcpAnswer> leases, askFirst());
    report_.whole.swap(tallies_);
    HOTGATE_CHECK(loseFirst());
    HOTGATE_TRY(report_.before, second_.counters());
    HOTGATE_CHECK(askSecond(leases));
    report_.alone.swap(tallies_);
    HOTGATE_TRY(report_.after, second_.counters());
    return std::move(report_);
  }

private:
  static std::vector<std::unique_ptr<Link>> wiresOf(ReferenceGuest &first, ReferenceGuest &second) {
    std::vector<std::unique_ptr<Link>> wires;
    wires.push_back(first.takeLink());
    wires.push_back(second.takeLink());
    return wires;
  }

  Result<> startWhole() {
    HOTGATE_CHECK(first_->startPeer("one", role_.guestAddress));
    if (way_ == FailoverWay::spare)
      return {};
    HOTGATE_CHECK(second_.startPeer("two", role_.reference->secondAddress));
    return second_.awaitPair();
  }

  Result<std::vector<DhcpAnswer>> askFirst() {
    PatientClients clients(wire_, role_, role_.scope.server);
    std::vector<DhcpAnswer> leases;
    for (uint8_t index = 0; index < holders; ++index) {
      HOTGATE_TRY(auto lease, clients.newLease(clientHardware(ClientGroup::crowd, index)));
      if (!lease)
        continue;
      HOTGATE_CHECK(clients.keepLease(*lease));
      leases.push_back(*std::move(lease));
    }
    tallies_ = clients.takeTallies();
    return leases;
  }

  Result<> loseFirst() {
    if (way_ == FailoverWay::killed)
      return first_->killServer();
    first_.reset();
    return way_ == FailoverWay::spare ? second_.startPeer("spare", role_.reference->secondAddress) : Result<>();
  }

  Result<> askSecond(const std::vector<DhcpAnswer> &leases) {
    const std::string &address = role_.reference->secondAddress;
    PatientClients clients(wire_, role_, parseAddress(address.substr(0, address.find('/'))).value_or(0));
    for (const DhcpAnswer &lease : leases)
      clients.hold(lease);
    // Before the holders: a server that knows nothing of their leases lets them have what they ask for, too.
    uint8_t index = 0;
    for (const DhcpAnswer &lease : leases)
      HOTGATE_CHECK(clients.newLease(clientHardware(ClientGroup::smoke, index++), lease.address));
    for (const DhcpAnswer &lease : leases)
      HOTGATE_CHECK(clients.keepLease(lease));
    tallies_ = clients.takeTallies();
    return {};
  }

  std::optional<ReferenceGuest> first_;
  ReferenceGuest second_;
  DhcpRole role_;
  FailoverWay way_;
  LinkHub wire_;
  ExchangeTallies tallies_; // of those asked last
  FailoverReport report_;
};

} // namespace

std::string_view failoverWayName(FailoverWay way) {
  constexpr std::array<std::string_view, 3> names{"pair-killed", "pair-off", "pair-spare"};
  return names.at(static_cast<size_t>(way));
}

Result<FailoverReport> runFailover(const ReferenceState &state, const DhcpRole &role, FailoverWay way) {
  HOTGATE_TRY(ReferenceGuest first, ReferenceGuest::restore(state, role));
  HOTGATE_TRY(ReferenceGuest second, ReferenceGuest::restore(state, role));
  return FailoverRun(std::move(first), std::move(second), role, way).run();
}

} // namespace hotgate::harness
