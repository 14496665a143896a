// hotgate-client's processes, with a client that does to itself what a hostile server may do to a client library.
#include "harness/client/client_table.h"
#include "harness/client/supervisor.h"

#include "harness/vm/channel.h"

#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace hotgate::harness {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

class OddClient : public RoleClient {
public:
  explicit OddClient(ClientSetup setup) : setup_(std::move(setup)) {}
  std::vector<std::string> exchanges() const override { return {"count", "crash", "flood", "hang", "leave", "right"}; }
  Outcome perform(const std::string &exchange, Deadline) override {
    if (exchange == "crash")
      raise(SIGSEGV);
    if (exchange == "leave")
      _exit(7);
    if (exchange == "hang")
      for (;;)
        pause();
    if (exchange == "flood")
      return {Outcome::Kind::wrong, std::string(5'000'000, '\n')};
    if (exchange == "count")
      return {Outcome::Kind::wrong, std::to_string(++count_) + " of client " + std::to_string(setup_.number)};
    return {};
  }

private:
  ClientSetup setup_;
  int count_ = 0;
};

// The supervisor in a process of its own, as hotgate-client has it.
class WorkerTest : public testing::Test {
protected:
  void start(const std::vector<std::string> &exchanges) {
    SocketPair sockets = makeSocketPair().value();
    pid_ = fork();
    if (pid_ == 0) {
      sockets.ours.close();
      (void)superviseClients(std::move(sockets.theirs));
      _exit(0);
    }
    channel.emplace(std::move(sockets.ours), "hotgate-client");
    ASSERT_TRUE(channel->write(setupLine({"odd", "10.77.0.1", {}, exchanges}), after(seconds(5))));
  }
  void begin() {
    start({"right"});
    ASSERT_TRUE(parseReady("x", channel->readLine(after(seconds(20))).value()));
  }
  void ask(int client, const std::string &exchange, milliseconds deadline = milliseconds(5000)) {
    ASSERT_TRUE(channel->write(requestLine({client, exchange, deadline}), after(seconds(5))));
  }
  ClientAnswer answer() {
    const auto line = channel->readLine(after(seconds(30)));
    EXPECT_TRUE(line) << line.error().message();
    return parseAnswer("hotgate-client", line.value_or("")).value_or(ClientAnswer{-1, {}, 0});
  }
  void TearDown() override {
    channel.reset();
    if (pid_ > 0)
      waitpid(pid_, nullptr, 0); // it ends when the harness closes the socket
  }

  std::optional<Channel> channel;

private:
  pid_t pid_ = -1;
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

TEST_F(WorkerTest, ACrashCostsOneExchangeAndNamesTheSignal) {
  begin();
  ask(0, "crash");
  const ClientAnswer got = answer();
  EXPECT_EQ(got.outcome.kind, Outcome::Kind::unanswered);
  EXPECT_THAT(got.outcome.text, HasSubstr("died of signal 11"));
  ask(0, "right");
  EXPECT_EQ(answer().outcome.kind, Outcome::Kind::right);
}

TEST_F(WorkerTest, AnEndWithoutAnAnswerIsTold) {
  begin();
  ask(0, "leave");
  EXPECT_THAT(answer().outcome.text, HasSubstr("ended with 7"));
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

TEST_F(WorkerTest, ATextOfMegabytesIsCut) {
  begin();
  ask(0, "flood");
  const ClientAnswer got = answer();
  EXPECT_EQ(got.outcome.kind, Outcome::Kind::wrong);
  EXPECT_LT(got.outcome.text.size(), 2000U);
}

TEST_F(WorkerTest, AnExchangeThatTheClientDoesNotHaveIsToldBeforeAnythingIsAsked) {
  start({"right", "renew"});
  const auto ready = parseReady("hotgate-client", channel->readLine(after(seconds(20))).value());
  ASSERT_FALSE(ready);
  EXPECT_EQ(ready.error().kind, ErrorKind::usage);
  EXPECT_THAT(ready.error().reason, HasSubstr("the client odd has no exchange 'renew'; it has count, crash"));
}

TEST_F(WorkerTest, AClientIsAskedOneThingAtATime) {
  begin();
  ask(0, "hang");
  ask(0, "right"); // while it is at work
  EXPECT_FALSE(channel->readLine(after(seconds(20)))) << "the supervisor ends";
}

} // namespace

// In place of client_table.cpp.
Result<std::unique_ptr<RoleClient>> makeClient(const std::string &, const ClientSetup &setup) {
  return std::make_unique<OddClient>(setup);
}

} // namespace hotgate::harness
