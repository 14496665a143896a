// Content assertions and the bookkeeping of exchanges: each wrong field is seen, and told from no answer and a late
// one.
#include "harness/roles/dhcp_exchange.h"

#include "harness/roles/dhcp_queries.h"
#include "tests/harness/model_dhcp_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

namespace hotgate::harness {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

class Exchange : public testing::Test {
protected:
  // One DISCOVER to a server whose answer `tamper` changes.
  FinishedExchange discover() {
    EXPECT_TRUE(exchanges.start("discover-offer", discoverQuery(client), offerExpected()));
    return exchanges.finishOne().value();
  }

  MacAddress client = clientHardware(ClientGroup::smoke, 1);
  ModelDhcpServer server;
  DhcpExchanges exchanges{server, modelScope(), milliseconds(60)};
};

TEST_F(Exchange, ARightAnswerIsRight) {
  const FinishedExchange finished = discover();
  EXPECT_TRUE(finished.isRight()) << finished.wrong;
  const ExchangeTally tally = exchanges.takeTallies().at("discover-offer");
  EXPECT_TRUE(tally.isRight());
  EXPECT_EQ(tally.milliseconds.size(), 1U);
  EXPECT_TRUE(exchanges.takeTallies().empty());
}

struct Tampering {
  const char *name;
  void (*change)(ModelDhcpServer::Reply &);
  const char *seen;
};
class TamperedAnswer : public Exchange, public testing::WithParamInterface<Tampering> {};

TEST_P(TamperedAnswer, IsSeen) {
  server.tamper = [](uint8_t, std::optional<ModelDhcpServer::Reply> &reply) { GetParam().change(*reply); };
  const FinishedExchange finished = discover();
  EXPECT_TRUE(finished.answer);
  EXPECT_THAT(finished.wrong, HasSubstr(GetParam().seen));
  const ExchangeTally tally = exchanges.takeTallies().at("discover-offer");
  EXPECT_EQ(tally.answered, 1);
  EXPECT_EQ(tally.wrong, 1);
  EXPECT_EQ(tally.firstWrong, finished.wrong);
}

using Reply = ModelDhcpServer::Reply;
INSTANTIATE_TEST_SUITE_P(
    Each, TamperedAnswer,
    testing::Values(Tampering{"type", [](Reply &reply) { reply.type = 6; }, "expected message OFFER, got NAK"},
                    Tampering{"noType", [](Reply &reply) { reply.type = 200; }, "got type 200"},
                    Tampering{"server", [](Reply &reply) { reply.server = 0x0A4D0002; },
                              "server identifier 10.77.0.1, got 10.77.0.2"},
                    Tampering{"noServer", [](Reply &reply) { reply.server.reset(); }, "got none"},
                    Tampering{"address", [](Reply &reply) { reply.address = 0x0A4D0063; }, "got 10.77.0.99"},
                    Tampering{"lease", [](Reply &reply) { reply.leaseSeconds = 0; }, "lease time 3600, got 0"},
                    Tampering{"noLease", [](Reply &reply) { reply.leaseSeconds.reset(); }, "lease time"},
                    Tampering{"mask", [](Reply &reply) { reply.mask = 0xFFFF0000; }, "subnet mask"},
                    Tampering{"router", [](Reply &reply) { reply.router.reset(); }, "router"},
                    Tampering{"transaction", [](Reply &reply) { reply.transaction += 0x1000; }, "expected transaction"},
                    Tampering{"client", [](Reply &reply) { reply.client[5] ^= 1; }, "hardware address"},
                    Tampering{"truncated", [](Reply &reply) { reply.truncated = true; }, "cannot be read"}),
    [](const auto &test) { return test.param.name; });

TEST_F(Exchange, AnAcknowledgementMustBeForTheOfferedAddress) {
  const FinishedExchange offered = discover();
  server.tamper = [](uint8_t, std::optional<Reply> &reply) { reply->address += 1; };
  ASSERT_TRUE(exchanges.start("request-ack", selectQuery(client, *offered.answer, modelScope().server),
                              acknowledgeExpected(offered.answer->address)));
  EXPECT_THAT(exchanges.finishOne()->wrong, HasSubstr("expected address 10.77.0.100, got 10.77.0.101"));
}

TEST_F(Exchange, NoAnswerEndsAtTheDeadline) {
  server.silent = true;
  const auto before = Clock::now();
  const FinishedExchange finished = discover();
  EXPECT_FALSE(finished.answer);
  EXPECT_GE(Clock::now() - before, milliseconds(60));
  EXPECT_LT(Clock::now() - before, milliseconds(1000));
  const ExchangeTally tally = exchanges.takeTallies().at("discover-offer");
  EXPECT_EQ(tally.sent, 1);
  EXPECT_EQ(tally.answered, 0);
  EXPECT_EQ(tally.wrong, 0);
}

TEST_F(Exchange, ALateAnswerIsLateAndNotTheNextOnes) {
  server.tamper = [](uint8_t, std::optional<Reply> &reply) { reply->delay = milliseconds(400); };
  EXPECT_FALSE(discover().answer);
  std::this_thread::sleep_for(milliseconds(500));
  server.tamper = nullptr;
  EXPECT_TRUE(discover().isRight());
  const ExchangeTally tally = exchanges.takeTallies().at("discover-offer");
  EXPECT_EQ(tally.sent, 2);
  EXPECT_EQ(tally.answered, 1);
  EXPECT_EQ(tally.late, 1);
}

TEST_F(Exchange, ADrainWaitsForLateAnswersOnce) {
  server.tamper = [](uint8_t, std::optional<Reply> &reply) { reply->delay = milliseconds(90); };
  EXPECT_FALSE(discover().answer);
  EXPECT_TRUE(exchanges.drain().value());
  EXPECT_EQ(exchanges.takeTallies().at("discover-offer").late, 1);
  Clock::duration best = Clock::duration::max(); // of three: the machine may do something else meanwhile
  for (int attempt = 0; attempt < 3; ++attempt) {
    const auto before = Clock::now();
    EXPECT_FALSE(exchanges.drain().value());
    best = std::min(best, Clock::duration(Clock::now() - before));
  }
  EXPECT_LT(best, milliseconds(30)) << "there was nothing left to wait for";
}

TEST_F(Exchange, ADrainOfSilenceEndsAfterOneDeadline) {
  server.silent = true;
  server.flood = Frame(64, 0x55);
  EXPECT_FALSE(discover().answer);
  const auto before = Clock::now();
  EXPECT_FALSE(exchanges.drain().value());
  EXPECT_GE(Clock::now() - before, milliseconds(60));
  EXPECT_LT(Clock::now() - before, milliseconds(1000));
  EXPECT_EQ(exchanges.takeTallies().at("discover-offer").late, 0);
}

TEST_F(Exchange, AnAnswerThatWaitedWhileTheHostWasBusyCounts) {
  ASSERT_TRUE(exchanges.start("discover-offer", discoverQuery(client), offerExpected()));
  std::this_thread::sleep_for(milliseconds(100)); // past the deadline, but the frame was there in time
  EXPECT_TRUE(exchanges.finishOne()->isRight());
}

TEST_F(Exchange, AFloodOfOtherFramesBuysNoTime) {
  server.silent = true;
  server.flood = Frame(64, 0x55);
  const auto before = Clock::now();
  EXPECT_FALSE(discover().answer);
  EXPECT_LT(Clock::now() - before, milliseconds(2000));
}

TEST_F(Exchange, AnswersOfSeveralClientsInFlightAreToldApart) {
  std::vector<MacAddress> clients;
  for (uint8_t index = 0; index < 6; ++index) {
    clients.push_back(clientHardware(ClientGroup::soak, index));
    ASSERT_TRUE(exchanges.start("discover-offer", discoverQuery(clients.back()), offerExpected()));
  }
  std::set<MacAddress> seen;
  while (!exchanges.isIdle()) {
    const FinishedExchange finished = exchanges.finishOne().value();
    EXPECT_TRUE(finished.isRight()) << finished.wrong;
    EXPECT_EQ(finished.answer->client, finished.client);
    seen.insert(finished.client);
  }
  EXPECT_EQ(seen.size(), clients.size());
}

TEST_F(Exchange, ArpIsAnsweredForHeldAddressesOnly) {
  DhcpAnswer lease = *discover().answer;
  ASSERT_TRUE(
      exchanges.start("renew", renewQuery(client, lease, modelScope().server), acknowledgeExpected(lease.address)));
  EXPECT_FALSE(exchanges.finishOne()->answer) << "the server could not know where to send its answer";
  exchanges.holdAddress(lease.address, client);
  ASSERT_TRUE(
      exchanges.start("renew", renewQuery(client, lease, modelScope().server), acknowledgeExpected(lease.address)));
  EXPECT_TRUE(exchanges.finishOne()->isRight());
}

TEST_F(Exchange, ALinkThatIsGoneIsAFault) {
  server.closed = true;
  EXPECT_FALSE(exchanges.start("discover-offer", discoverQuery(client), offerExpected()));
}

} // namespace
} // namespace hotgate::harness
