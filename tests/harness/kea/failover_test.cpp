// A failover pair: two Kea servers that tell each other of their leases, on one wire with the probe. What a patch of
// one of them may do at worst, it ends; the other keeps serving, and takes its leases over.
#include "harness/roles/dhcp_queries.h"
#include "harness/roles/dhcp_role.h"
#include "harness/roles/link_hub.h"
#include "tests/harness/kea/kea_server.h"

#include <csignal>
#include <gtest/gtest.h>

namespace hotgate::harness {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds takeOver{60}; // some 3 s on an idle machine

// kea-dhcp4.conf for one of two peers; times as short as Kea takes them.
std::string peerConfiguration(const std::string &name) {
  std::string configuration = keaConfiguration();
  replaceOnce(configuration, "\"authoritative\": true,", R"("authoritative": true,
    "multi-threading": { "enable-multi-threading": true, "thread-pool-size": 2 },
    "hooks-libraries": [
      { "library": "/usr/lib/x86_64-linux-gnu/kea/hooks/libdhcp_lease_cmds.so" },
      { "library": "/usr/lib/x86_64-linux-gnu/kea/hooks/libdhcp_ha.so",
        "parameters": { "high-availability": [ {
          "this-server-name": ")" + name + R"(",
          "mode": "hot-standby",
          "heartbeat-delay": 300, "max-response-delay": 1000, "max-ack-delay": 500, "max-unacked-clients": 0,
          "multi-threading": { "enable-multi-threading": true, "http-dedicated-listener": true,
                               "http-listener-threads": 1, "http-client-threads": 1 },
          "peers": [
            { "name": "one", "url": "http://10.77.0.1:8000/", "role": "primary" },
            { "name": "two", "url": "http://10.77.0.2:8000/", "role": "standby" }
          ] } ] } }
    ],)");
  return configuration;
}

class FailoverPair : public testing::Test {
protected:
  FailoverPair() : one(peerConfiguration("one"), "10.77.0.1/24"), two(peerConfiguration("two"), "10.77.0.2/24") {
    std::vector<std::unique_ptr<Link>> wires;
    wires.push_back(one.takeLink());
    wires.push_back(two.takeLink());
    wire.emplace(std::move(wires));
  }
  // Asked until it is answered, within the limit: what comes back, and from whom.
  std::optional<DhcpAnswer> ask(const DhcpQuery &query, Expectation expected, Ipv4 server, seconds limit = takeOver) {
    DhcpScope scope = readDhcpRole(std::filesystem::path(HOTGATE_ROLES) / "dhcp.yaml")->scope;
    scope.server = server;
    DhcpExchanges exchanges(*wire, scope, milliseconds(500));
    for (const Deadline end = after(limit); Clock::now() < end;) {
      EXPECT_TRUE(exchanges.start("exchange", query, expected));
      const auto finished = exchanges.finishOne();
      if (finished && finished->isRight())
        return finished->answer;
      if (finished && finished->answer)
        lastWrong = finished->wrong;
    }
    return std::nullopt;
  }
  std::optional<DhcpAnswer> newLease(const MacAddress &client, Ipv4 server) {
    const auto offer = ask(discoverQuery(client), offerExpected(), server);
    if (!offer)
      return std::nullopt;
    return ask(selectQuery(client, *offer, server), acknowledgeExpected(offer->address), server);
  }
  void expectTakenOver(const DhcpAnswer &lease) {
    // Somebody else first, who wants the address: a server that knows nothing of the lease would give it to either.
    DhcpQuery wanted = discoverQuery(clientHardware(ClientGroup::smoke, 2));
    wanted.requested = lease.address;
    Expectation another = offerExpected();
    another.notThis = lease.address;
    const auto offer = ask(wanted, another, second);
    ASSERT_TRUE(offer) << lastWrong << two.output();
    EXPECT_TRUE(ask(selectQuery(wanted.client, *offer, second), acknowledgeExpected(offer->address), second));
    // Who renews at the dead one gets no answer, and rebinds: the other keeps its address for it.
    EXPECT_TRUE(ask(rebindQuery(lease.client, lease), acknowledgeExpected(lease.address), second))
        << lastWrong << two.output();
  }

  static constexpr Ipv4 first = 0x0A4D0001;
  static constexpr Ipv4 second = 0x0A4D0002;
  KeaServer one;
  KeaServer two;
  std::optional<LinkHub> wire;
  std::string lastWrong;
};

TEST_F(FailoverPair, TheOtherTakesTheLeasesOverAndServesNewClients) {
  const MacAddress holder = clientHardware(ClientGroup::smoke, 1);
  const auto lease = newLease(holder, first);
  ASSERT_TRUE(lease) << lastWrong << one.output() << two.output();
  ASSERT_NO_FATAL_FAILURE(one.signal(SIGKILL));
  expectTakenOver(*lease);
}

TEST_F(FailoverPair, AServerThatHangsIsReplacedToo) {
  const MacAddress holder = clientHardware(ClientGroup::smoke, 1);
  const auto lease = newLease(holder, first);
  ASSERT_TRUE(lease) << lastWrong << one.output() << two.output();
  ASSERT_NO_FATAL_FAILURE(one.signal(SIGSTOP));
  expectTakenOver(*lease);
}

} // namespace
} // namespace hotgate::harness
