// Smoke, witness and soak against a model server.
#include "harness/roles/dhcp_probe.h"

#include "tests/harness/model_dhcp_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotgate::harness {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using Reply = ModelDhcpServer::Reply;

DhcpRole quickRole() {
  DhcpRole role = readDhcpRole(std::filesystem::path(HOTGATE_ROLES) / "dhcp.yaml").value();
  role.deadline = milliseconds(40);
  role.settle = milliseconds(5);
  return role;
}

class Probe : public testing::Test {
protected:
  DhcpRole role = quickRole();
  ModelDhcpServer server;
  DhcpProbe probe{server, role};
};

TEST_F(Probe, TheRoleFileDescribesTheModelsScope) {
  EXPECT_EQ(role.scope.server, modelScope().server);
  EXPECT_EQ(role.scope.last, modelScope().last);
  EXPECT_EQ(role.guestAddress, "10.77.0.1/24");
}

TEST_F(Probe, SmokeAsksEveryExchangeAndAllAreRight) {
  const ProbeReport report = probe.smoke().value();
  EXPECT_EQ(report.fault, "");
  std::vector<std::string> names;
  for (const auto &[name, tally] : report.tallies)
    names.push_back(name);
  EXPECT_THAT(names, testing::ElementsAre("crowd", "decline", "discover-offer", "inform", "nak", "rebind", "release",
                                          "renew", "request-ack"));
}

class Registration : public Probe {
protected:
  Registration() {
    role.smoke.emplace_back("registration");
    role.registration->within = milliseconds(400);
  }
  ProbeReport smoke() { return DhcpProbe(server, role).smoke().value(); }
};

TEST_F(Registration, TheNameIsThereWithTheLeaseAndGoesWithIt) {
  const ProbeReport report = smoke();
  EXPECT_EQ(report.fault, "");
  EXPECT_EQ(report.tallies.at("registration").answered, 1);
  EXPECT_EQ(report.tallies.at("deregistration").answered, 1);
  EXPECT_EQ(smoke().fault, "");
}

TEST_F(Registration, IsNotAskedOfARoleWithoutIt) {
  role.smoke.pop_back();
  EXPECT_FALSE(smoke().tallies.contains("registration"));
}

TEST_F(Registration, AServerThatRegistersNothingIsSeen) {
  server.registers = false;
  EXPECT_THAT(smoke().fault, HasSubstr("registration: 1 of 1 answers wrong; expected 10.77.0.10"));
  EXPECT_THAT(smoke().fault, HasSubstr("of probe.hotgate.test in DNS within 400 ms, got NXDOMAIN"));
}

TEST_F(Registration, ANameThatComesLaterIsWaitedFor) {
  int asked = 0;
  server.tamperDns = [&](const std::string &, std::vector<uint8_t> &answer) {
    if (++asked == 1)
      answer[3] = 3;
  };
  EXPECT_EQ(smoke().fault, "");
  EXPECT_GE(asked, 4);
}

TEST_F(Registration, AnotherAddressIsWrong) {
  server.tamperDns = [](const std::string &name, std::vector<uint8_t> &answer) {
    if (name == "probe.hotgate.test")
      answer.back() = 9;
  };
  EXPECT_THAT(smoke().fault, HasSubstr("got 10.77.0.9"));
}

TEST_F(Registration, AnAddressWithoutANameIsWrong) {
  server.tamperDns = [](const std::string &name, std::vector<uint8_t> &answer) {
    if (name.ends_with("in-addr.arpa"))
      answer[3] = 3;
  };
  EXPECT_THAT(smoke().fault, HasSubstr("expected probe.hotgate.test of 10"));
}

TEST_F(Registration, ANameThatStaysIsSeen) {
  std::vector<uint8_t> kept;
  server.tamperDns = [&](const std::string &name, std::vector<uint8_t> &answer) {
    if (name == "probe.hotgate.test" && answer[7] == 1)
      kept = answer;
    else if (name == "probe.hotgate.test")
      std::copy(kept.begin() + 2, kept.end(), std::back_inserter(answer = {answer[0], answer[1]}));
  };
  EXPECT_THAT(smoke().fault, HasSubstr("deregistration: 1 of 1 answers wrong; expected NXDOMAIN"));
}

TEST_F(Registration, SilenceOfDnsIsNoAnswer) {
  server.tamperDns = [](const std::string &, std::vector<uint8_t> &answer) { answer.clear(); };
  EXPECT_THAT(smoke().fault, HasSubstr("registration: 1 of 1 unanswered"));
}

TEST_F(Probe, SmokeCanBeRepeated) {
  for (int round = 0; round < 10; ++round)
    EXPECT_EQ(probe.smoke()->fault, "");
}

TEST_F(Probe, ADeclinedAddressMustNotComeBack) {
  std::optional<Ipv4> declined;
  server.tamper = [&](uint8_t query, std::optional<Reply> &reply) {
    if (query == 3 && reply->client[5] == 2)
      declined = reply->address;
    if (query == 1 && declined && reply->client[5] == 2)
      reply->address = *declined;
  };
  EXPECT_THAT(probe.smoke()->fault, HasSubstr("decline: 1 of 1 answers wrong; expected an address other than"));
}

TEST_F(Probe, TheServerGetsTimeToTakeInReleaseAndDecline) {
  role.settle = milliseconds(50);
  DhcpProbe patient{server, role};
  std::map<uint8_t, Clock::time_point> seen; // the last RELEASE or DECLINE
  std::vector<Clock::duration> pauses;
  server.onQuery = [&](uint8_t query) {
    if (query == 4 || query == 7)
      seen[query] = Clock::now();
    else if (!seen.empty())
      pauses.push_back(Clock::now() - std::exchange(seen, {}).begin()->second);
  };
  EXPECT_EQ(patient.smoke()->fault, "");
  ASSERT_GE(pauses.size(), 2U);
  EXPECT_THAT(std::vector(pauses.begin(), pauses.begin() + 2), testing::Each(testing::Ge(milliseconds(50))));
}

TEST_F(Probe, WhatComesAfterTheDeadlineOfSmokeIsLate) {
  server.tamper = [](uint8_t query, std::optional<Reply> &reply) {
    if (reply && reply->type == 6 && query == 3)
      reply->delay = milliseconds(60); // the last one: nobody waits for anything behind it
  };
  const ProbeReport report = probe.smoke().value();
  EXPECT_THAT(report.fault, HasSubstr("nak: 1 of 1 unanswered"));
  EXPECT_EQ(report.tallies.at("nak").late, 1);
}

TEST_F(Probe, AServerThatAcknowledgesTheWrongNetworkFailsNak) {
  server.tamper = [](uint8_t, std::optional<Reply> &reply) {
    if (reply && reply->type == 6)
      reply->type = 5;
  };
  EXPECT_THAT(probe.smoke()->fault, HasSubstr("expected message NAK, got ACK"));
}

TEST_F(Probe, AHungServerFailsSmokeInBoundedTime) {
  server.silent = true;
  const auto before = Clock::now();
  EXPECT_THAT(probe.smoke()->fault, HasSubstr("unanswered"));
  EXPECT_LT(Clock::now() - before, milliseconds(2000));
}

TEST_F(Probe, WitnessTellsVulnerableFromFixedFromSilent) {
  EXPECT_EQ(probe.witness()->seen, "vulnerable");
  server.vulnerable = false;
  EXPECT_EQ(probe.witness()->seen, "fixed");
  server.tamper = [](uint8_t, std::optional<Reply> &reply) { reply->relayInformation = std::vector<uint8_t>(8, 0x57); };
  EXPECT_EQ(probe.witness()->seen, "other"); // what was there was echoed, and nothing behind it
  server.tamper = [](uint8_t, std::optional<Reply> &reply) { reply->type = 6; };
  EXPECT_EQ(probe.witness()->seen, "other");
  server.silent = true;
  EXPECT_EQ(probe.witness()->seen, "no-answer");
}

TEST_F(Probe, OneLostWitnessIsAskedAgain) {
  int asked = 0;
  server.tamper = [&](uint8_t, std::optional<Reply> &reply) {
    if (++asked < 3)
      reply.reset();
  };
  const WitnessReport report = probe.witness().value();
  EXPECT_EQ(report.seen, "vulnerable");
  EXPECT_EQ(report.tallies.at("witness").sent, 3);
  EXPECT_EQ(asked, 3);
  server.silent = true;
  EXPECT_EQ(probe.witness()->tallies.at("witness").sent, 3);
}

TEST_F(Probe, SoakCountsRequestsAndMostlyRenews) {
  std::vector<int64_t> sampled;
  const SoakReport report = DhcpProbe(server, role, {}, {.requests = 200, .clients = 6})
                                .soak([&](int64_t transactions) -> Result<> {
                                  sampled.push_back(transactions);
                                  return {};
                                })
                                .value();
  EXPECT_EQ(report.fault, "");
  EXPECT_FALSE(report.hung);
  EXPECT_EQ(report.transactions, 200);
  EXPECT_EQ(report.tallies.at("request-ack").answered + report.tallies.at("renew").answered, 200);
  EXPECT_GT(report.tallies.at("renew").answered, 150);
  EXPECT_GT(report.tallies.at("request-ack").answered, 10);
  EXPECT_EQ(sampled.size(), 21U); // 0, 10, 20, ... 200
}

TEST_F(Probe, SoakSeesAHangOnRenewalAndStops) {
  int renewals = 0;
  server.tamper = [&](uint8_t query, std::optional<Reply> &reply) {
    if (query == 3 && reply->unicast && ++renewals > 50)
      server.silent = true;
  };
  const auto before = Clock::now();
  const SoakReport report = DhcpProbe(server, role, {}, {.requests = 100000, .clients = 6})
                                .soak([](int64_t) -> Result<> { return {}; })
                                .value();
  EXPECT_TRUE(report.hung);
  EXPECT_THAT(report.fault, HasSubstr("nothing was answered"));
  EXPECT_LT(Clock::now() - before, milliseconds(3000));
}

TEST_F(Probe, AStallOfTheLabIsNoHang) {
  std::optional<Clock::time_point> stalledUntil;
  int requests = 0;
  server.tamper = [&](uint8_t, std::optional<Reply> &reply) {
    if (++requests == 60)
      stalledUntil = Clock::now() + role.deadline * 5 / 2;
    if (reply && stalledUntil && Clock::now() < *stalledUntil) {
      reply->unicast = false;
      reply->delay = std::chrono::ceil<milliseconds>(*stalledUntil - Clock::now());
    }
  };
  const SoakReport report =
      DhcpProbe(server, role, {}, {.requests = 200, .clients = 6}).soak([](int64_t) -> Result<> { return {}; }).value();
  EXPECT_FALSE(report.hung);
  EXPECT_GT(report.transactions, 150);
  int64_t late = 0;
  for (const auto &[name, tally] : report.tallies) {
    EXPECT_EQ(tally.answered + tally.late, tally.sent) << name;
    late += tally.late;
  }
  EXPECT_GT(late, 0);
}

TEST_F(Probe, SoakGoesOnWhenOnlySomeAreNotAnswered) {
  int requests = 0;
  server.tamper = [&](uint8_t query, std::optional<Reply> &reply) {
    if (query == 3 && ++requests % 20 == 0)
      reply.reset();
  };
  const SoakReport report =
      DhcpProbe(server, role, {}, {.requests = 100, .clients = 4}).soak([](int64_t) -> Result<> { return {}; }).value();
  EXPECT_FALSE(report.hung);
  EXPECT_LT(report.transactions, 100);
  EXPECT_THAT(report.fault, HasSubstr("unanswered"));
}

TEST_F(Probe, ASampleThatFailsEndsTheSoak) {
  EXPECT_FALSE(DhcpProbe(server, role, {}, {.requests = 100, .clients = 4}).soak([](int64_t) -> Result<> {
    return failFault("guest", "", "gone");
  }));
}

// A scope of ten addresses, and who is left without one.
const DhcpProbe::Sample noSample = [](int64_t) { return Result<>(); };

class SmallScope : public Probe {
protected:
  SmallScope() { role.scope.last = server.last = role.scope.first + 9; }
  DhcpProbe probeOf(const SoakLoad &load) { return {server, role, {}, load}; }
};

TEST_F(SmallScope, DeclinedUntilItIsExhaustedIsTheLabsFaultWithTheNumbers) {
  DhcpProbe small = probeOf({.requests = 20, .clients = 2});
  ASSERT_EQ(small.soak(noSample)->fault, "");
  ProbeReport report;
  // Every round of smoke declines an address, which the server does not give again.
  for (int round = 0; round < 20 && report.fault.empty(); ++round)
    report = small.smoke().value();
  EXPECT_THAT(report.fault, HasSubstr("unanswered"));
  EXPECT_THAT(report.labFault, HasSubstr("the scope is exhausted: all 10 addresses are taken ("));
  EXPECT_THAT(report.labFault, HasSubstr("3 declined"));
}

// Kea does not keep an address that it offered: two clients may be offered the last one, and one of them is refused.
TEST_F(SmallScope, ARefusalOfTheLastAddressIsTheLabsFault) {
  DhcpProbe small = probeOf({.requests = 20, .clients = 2});
  ASSERT_EQ(small.soak(noSample)->fault, "");
  server.tamper = [this](uint8_t query, std::optional<Reply> &reply) {
    if (query == 3 && reply && reply->client[4] == 4 && reply->address == role.scope.last)
      reply = Reply{.transaction = reply->transaction, .client = reply->client, .type = 6, .server = reply->server};
  };
  ProbeReport report;
  for (int round = 0; round < 20 && report.fault.empty(); ++round)
    report = small.smoke().value();
  EXPECT_THAT(report.fault, HasSubstr("got NAK"));
  EXPECT_THAT(report.labFault, HasSubstr("the scope is exhausted: all 10 addresses are taken"));
}

TEST_F(SmallScope, ExhaustedBySoakingClientsIsNoHang) {
  const SoakReport report = probeOf({.requests = 60, .clients = 12}).soak(noSample).value();
  EXPECT_FALSE(report.hung);
  EXPECT_THAT(report.labFault, HasSubstr("10 leased, 0 offered, 0 declined"));
}

TEST_F(SmallScope, NewClientsThatAreNotAnsweredWhileAddressesAreLeftAreTheServicesFault) {
  DhcpProbe small = probeOf({.requests = 20, .clients = 2});
  ASSERT_EQ(small.soak(noSample)->fault, "");
  server.last = role.scope.first + 1; // it behaves as if it had two
  const ProbeReport report = small.smoke().value();
  EXPECT_THAT(report.fault, HasSubstr("unanswered"));
  EXPECT_EQ(report.labFault, "");
}

TEST_F(SmallScope, ExhaustedAndSilentToThoseThatHoldAddressesIsTheServicesFault) {
  server.tamper = [this, requests = 0](uint8_t, std::optional<Reply> &) mutable { server.silent = ++requests > 40; };
  const SoakReport report = probeOf({.requests = 60, .clients = 12}).soak(noSample).value();
  EXPECT_TRUE(report.hung);
  EXPECT_EQ(report.labFault, "");
}

TEST_F(Probe, ClientsAtTheSameTimeGetAnAddressEach) {
  server.tamper = [this](uint8_t, std::optional<Reply> &reply) {
    if (reply && reply->client[4] == 4) // of the crowd
      reply->address = role.scope.last;
  };
  EXPECT_THAT(probe.smoke()->fault, HasSubstr("expected an address that nobody holds, got 10.77.0.250, another"));
}

TEST_F(Probe, AnAddressThatAnotherClientHoldsIsWrongInTheSoak) {
  server.tamper = [this, requests = 0](uint8_t query, std::optional<Reply> &reply) mutable {
    if (query == 1 && ++requests > 20)
      reply->address = role.scope.first;
  };
  DhcpProbe four(server, role, {}, {.requests = 200, .clients = 4});
  EXPECT_THAT(four.soak(noSample)->fault, HasSubstr("an address that nobody holds"));
}

} // namespace
} // namespace hotgate::harness
