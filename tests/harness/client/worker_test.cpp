// hotgate-client's processes, with a client that does to itself what a hostile server may do to a client library.
#include "harness/client/client_table.h"
#include "harness/client/worker.h"
#include "tests/harness/client/supervised_clients.h"

#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace hotgate::harness {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

class OddClient : public RoleClient {
public:
  explicit OddClient(ClientSetup setup) : setup_(std::move(setup)) {}
  std::vector<std::string> exchanges() const override {
    return {"count", "crash", "devour", "flood", "goodbye", "hang", "leave", "many", "right"};
  }
  Outcome perform(const std::string &exchange, Deadline) override {
    if (exchange == "crash")
      raise(SIGSEGV);
    if (exchange == "leave")
      _exit(7);
    if (exchange == "goodbye") {
      SocketPair sockets = makeSocketPair().value();
      sockets.theirs.close();
      return {Outcome::Kind::wrong, write(sockets.ours.get(), "x", 1) < 0 ? "nobody is there" : "it was sent"};
    }
    if (exchange == "hang")
      for (;;)
        pause();
    if (exchange == "devour") {
      // As a library does that believes a length; by pieces, for one alone may be more than there is.
      std::vector<std::string> pieces;
      for (;;)
        pieces.emplace_back(size_t{1} << 20U, 'x');
    }
    if (exchange == "many") {
      held_ = std::string(size_t{workerMemoryMebibytes / 2} << 20U, 'x'); // a member: not optimized away
      return {Outcome::Kind::wrong, std::to_string(std::exchange(held_, std::string()).size())};
    }
    if (exchange == "flood")
      return {Outcome::Kind::wrong, std::string(5'000'000, '\n')};
    if (exchange == "count")
      return {Outcome::Kind::wrong, std::to_string(++count_) + " of client " + std::to_string(setup_.number)};
    return {};
  }

private:
  ClientSetup setup_;
  int count_ = 0;
  std::string held_;
};

class WorkerTest : public testing::Test {
protected:
  void start(const std::vector<std::string> &exchanges) { clients.start({"odd", "10.77.0.1", {}, exchanges}); }
  void begin() {
    start({"right"});
    ASSERT_TRUE(clients.ready());
  }
  void ask(int client, const std::string &exchange, milliseconds deadline = milliseconds(5000)) {
    clients.ask(client, exchange, deadline);
  }
  ClientAnswer answer() { return clients.answer(); }
  // This one is unanswered and says why; the next is right.
  void costsOneExchange(const std::string &exchange, const std::string &why) {
    begin();
    ask(0, exchange);
    const ClientAnswer got = answer();
    EXPECT_EQ(got.outcome.kind, Outcome::Kind::unanswered);
    EXPECT_THAT(got.outcome.text, HasSubstr(why));
    ask(0, "right");
    EXPECT_EQ(answer().outcome.kind, Outcome::Kind::right);
  }

  SupervisedClients clients;
};

TEST_F(WorkerTest, ARightAnswerComesWithItsTime) {
  begin();
  ask(0, "right");
  const ClientAnswer got = answer();
  EXPECT_EQ(got.client, 0);
  EXPECT_EQ(got.outcome.kind, Outcome::Kind::right);
}

TEST_F(WorkerTest, EachClientHasAProcessOfItsOwn) {
  begin();
  for (const char *expected : {"1 of client 4", "2 of client 4"}) {
    ask(4, "count");
    EXPECT_EQ(answer().outcome.text, expected);
  }
  ask(5, "count");
  EXPECT_EQ(answer().outcome.text, "1 of client 5");
}

TEST_F(WorkerTest, ACrashCostsOneExchangeAndNamesTheSignal) { costsOneExchange("crash", "died of signal 11"); }

TEST_F(WorkerTest, AnEndWithoutAnAnswerIsTold) { costsOneExchange("leave", "ended with 7"); }

TEST_F(WorkerTest, AWriteToAClosedConnectionIsAnErrorAndNotTheEnd) {
  begin();
  ask(0, "goodbye");
  EXPECT_EQ(answer().outcome.text, "nobody is there");
}

TEST_F(WorkerTest, MemoryWithoutEndCostsOneExchangeAndIsTold) {
  costsOneExchange("devour", "wanted more memory than the 512 MiB that an exchange may take");
}

TEST_F(WorkerTest, ACallThatDoesNotReturnIsEndedAndTheOthersGoOn) {
  begin();
  ask(0, "hang", milliseconds(300));
  ask(1, "right");
  EXPECT_EQ(answer().client, 1);
  const ClientAnswer got = answer();
  EXPECT_EQ(got.client, 0);
  EXPECT_THAT(got.outcome.text, HasSubstr("did not return by its deadline"));
  ask(0, "right");
  EXPECT_EQ(answer().outcome.kind, Outcome::Kind::right);
}

TEST_F(WorkerTest, HalfOfTheMemoryCanBeTakenAgainAndAgain) {
  begin();
  for (int round = 0; round < 3; ++round) {
    ask(0, "many");
    EXPECT_EQ(answer().outcome.text, "268435456");
  }
}

TEST_F(WorkerTest, ATextOfMegabytesIsCut) {
  begin();
  ask(0, "flood");
  const ClientAnswer got = answer();
  EXPECT_EQ(got.outcome.kind, Outcome::Kind::wrong);
  EXPECT_LT(got.outcome.text.size(), 2000U);
}

TEST_F(WorkerTest, AnExchangeThatTheClientDoesNotHaveIsToldBeforeAnythingIsAsked) {
  start({"right", "renew"});
  const auto ready = clients.ready();
  ASSERT_FALSE(ready);
  EXPECT_EQ(ready.error().kind, ErrorKind::usage);
  EXPECT_THAT(ready.error().reason, HasSubstr("the client odd has no exchange 'renew'; it has count, crash"));
}

TEST_F(WorkerTest, AClientIsAskedOneThingAtATime) {
  begin();
  ask(0, "hang");
  ask(0, "right"); // while it is at work
  EXPECT_FALSE(clients.channel().readLine(after(seconds(20)))) << "the supervisor ends";
}

} // namespace

// In place of client_table.cpp.
Result<std::unique_ptr<RoleClient>> makeClient(const std::string &, const ClientSetup &setup) {
  return std::make_unique<OddClient>(setup);
}

} // namespace hotgate::harness
