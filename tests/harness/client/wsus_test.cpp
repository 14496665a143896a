// The WSUS client on a stand-in that speaks the protocol: sound, wrong in one thing at a time, and broken in the ways
// in which the lab breaks a role's real server, with the role's own file deciding what is asked. (No WSUS was at hand.)
#include "harness/client/client_probe.h"
#include "harness/client/clients/wsus_client.h"
#include "harness/monitor/latency.h"
#include "tests/harness/client/wsus_stand_in.h"

#include <atomic>
#include <deque>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

namespace hotgate::harness {
namespace {

using std::chrono::milliseconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr milliseconds patience{8000}; // with a server that answers, on a busy machine
constexpr milliseconds span{300};      // with one that does not

std::unique_ptr<RoleClient> clientOf(uint16_t port) {
  auto client = makeWsusClient({.server = "127.0.0.1",
                                .settings = {{"host", "wsus.hotgate.test"},
                                             {"port", std::to_string(port)},
                                             {"update", "5f7f2a4b-6f0d-4a6a-9d5b-8d6a5c1f0e77"},
                                             {"content_mib", "1"}}});
  EXPECT_TRUE(client) << client.error().message();
  return *std::move(client);
}

Outcome ask(const OddServer &server, const std::string &exchange, milliseconds limit) {
  const Deadline begun = Clock::now();
  const Outcome outcome = clientOf(server.port())->perform(exchange, begun + limit);
  EXPECT_LT(Clock::now(), begun + limit + patience);
  return outcome;
}

Outcome ask(WsusStandIn &wsus, const std::string &exchange) {
  OddServer server(answersHttp([&](const StandInRequest &request) { return wsus.answer(request); }));
  return ask(server, exchange, patience);
}

TEST(WsusClient, AServerThatIsRight) {
  for (const char *exchange : {"authorization", "config", "content", "cookie", "refusal", "self-update", "sync"}) {
    WsusStandIn wsus;
    EXPECT_EQ(ask(wsus, exchange).text, "") << exchange;
  }
  WsusStandIn wsus;
  EXPECT_EQ(ask(wsus, "content").text, "");
  EXPECT_THAT(wsus.requests, ElementsAre("GetConfig", "GetAuthorizationCookie", "GetCookie", "SyncUpdates",
                                         "SyncUpdates", "GetExtendedUpdateInfo", "content"));
}

TEST(WsusClient, ACookieThatIsNotRenewedIsUsedOn) {
  WsusStandIn wsus;
  wsus.renewsCookie = false;
  EXPECT_EQ(ask(wsus, "content").text, "");
}

struct Wrong {
  const char *name;
  const char *exchange;
  std::function<void(WsusStandIn &)> change;
  const char *told;
};
class WrongWsus : public testing::TestWithParam<Wrong> {};

TEST_P(WrongWsus, IsToldForWhatItIs) {
  WsusStandIn wsus;
  GetParam().change(wsus);
  const Outcome outcome = ask(wsus, GetParam().exchange);
  EXPECT_EQ(outcome.kind, Outcome::Kind::wrong);
  EXPECT_THAT(outcome.text, HasSubstr(GetParam().told));
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongWsus,
    testing::Values(
        Wrong{"plugIn", "config", [](WsusStandIn &wsus) { wsus.plugIn = "DssTargeting"; }, "got \"DssTargeting\""},
        Wrong{"authorization", "authorization", [](WsusStandIn &wsus) { wsus.plugIn = "DssTargeting"; },
              "expected a cookie of SimpleTargeting"},
        Wrong{"property", "config", [](WsusStandIn &wsus) { wsus.mostPerRequest = "0"; },
              "MaxExtendedUpdatesPerRequest above 0"},
        Wrong{"documentType", "config", [](WsusStandIn &wsus) { wsus.hasDocumentType = true; }, "has a document type"},
        Wrong{"otherAnswer", "config", [](WsusStandIn &wsus) { wsus.answersOther = true; },
              "expected GetConfigResponse, got RefreshCacheResponse"},
        Wrong{"cookie", "cookie", [](WsusStandIn &wsus) { wsus.cookieData = "no base64!"; }, "expected a cookie with"},
        Wrong{"expiration", "cookie", [](WsusStandIn &wsus) { wsus.expiration = "tomorrow"; }, "\"tomorrow\""},
        Wrong{"guid", "content", [](WsusStandIn &wsus) { wsus.updateId = "KB5099001"; },
              "expected revision 102 to say its UpdateID and RevisionNumber, got \"KB5099001\""},
        Wrong{"revision", "content", [](WsusStandIn &wsus) { wsus.revision = "-1"; }, "expected a revision's number"},
        Wrong{"truncated", "sync", [](WsusStandIn &wsus) { wsus.truncated = "perhaps"; }, "whether it is truncated"},
        Wrong{"again", "sync", [](WsusStandIn &wsus) { wsus.offersAgain = true; }, "revision 101 is offered again"},
        Wrong{"otherUpdate", "content",
              [](WsusStandIn &wsus) { wsus.updateId = "00000000-0000-0000-0000-000000000000"; },
              "is not among those of the scan"},
        Wrong{"content", "content", [](WsusStandIn &wsus) { wsus.digest = "AAAAAAAAAAAAAAAAAAAAAAAAAAA="; },
              "expected the SHA-1 that the server said"},
        Wrong{"digest", "content", [](WsusStandIn &wsus) { wsus.digest = "AAAA"; }, "expected a file's SHA-1"},
        Wrong{"largeContent", "content", [](WsusStandIn &wsus) { wsus.file = std::string(2'000'000, 'x'); },
              "a body of more than 1048576 bytes"},
        Wrong{"address", "content", [](WsusStandIn &wsus) { wsus.url = "file:///etc/passwd"; }, "and \"file:"},
        Wrong{"addressWithLine", "content", [](WsusStandIn &wsus) { wsus.url = "http://wsus/Content\r\nHost: other"; },
              "and \"http://wsus"},
        Wrong{"notRefused", "refusal", [](WsusStandIn &wsus) { wsus.errorCode = "InternalServerError"; },
              "expected the fault InvalidCookie, got \"InternalServerError\""},
        Wrong{"cabinet", "self-update", [](WsusStandIn &wsus) { wsus.cabinet = "<html>"; }, "expected a cabinet"},
        Wrong{"cutCabinet", "self-update",
              [](WsusStandIn &wsus) { wsus.cabinet = std::string("MSCF\0\0\0\0\0\1\0\0", 12) + std::string(100, 'x'); },
              "expected a cabinet, got status 200 and 112 bytes"}),
    [](const auto &test) { return test.param.name; });

TEST(WsusClient, OnlyTheRolesServerIsAskedForContent) {
  WsusStandIn wsus;
  wsus.url = "http://10.9.8.7:1/Content/77/update.cab";
  EXPECT_EQ(ask(wsus, "content").text, "");
  EXPECT_THAT(wsus.requests, Contains("content"));
}

TEST(WsusClient, ServersThatAreNone) {
  OddServer silent(saysNothing);
  OddServer floods(floodsWith("garbage, and more garbage"));
  OddServer drips([](int connection) {
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 60000\r\n\r\n";
    send(connection, head.data(), head.size(), MSG_NOSIGNAL);
    while (send(connection, "<", 1, MSG_NOSIGNAL) > 0)
      std::this_thread::sleep_for(milliseconds(20));
  });
  OddServer large(
      answersHttp([](const StandInRequest &) { return StandInAnswer{200, "text/xml", std::string(5'000'000, ' ')}; }));
  OddServer deep(answersHttp([](const StandInRequest &) {
    std::string text;
    for (int depth = 0; depth < 100'000; ++depth)
      text += "<a>";
    return StandInAnswer{200, "text/xml", text};
  }));
  for (const char *exchange : {"config", "sync", "self-update"}) {
    EXPECT_EQ(ask(silent, exchange, span).kind, Outcome::Kind::unanswered) << exchange;
    EXPECT_NE(ask(floods, exchange, span).kind, Outcome::Kind::right) << exchange;
    EXPECT_EQ(ask(drips, exchange, span).kind, Outcome::Kind::unanswered) << exchange;
    EXPECT_EQ(ask(large, exchange, patience).kind, Outcome::Kind::wrong) << exchange;
    EXPECT_EQ(ask(deep, exchange, patience).kind, Outcome::Kind::wrong) << exchange;
  }
}

// The role's clients in this process, one after the other.
class ClientsHere : public Clients {
public:
  explicit ClientsHere(uint16_t port) : client_(clientOf(port)) {}

  Result<> ask(const ClientRequest &request) override {
    const Deadline begin = Clock::now();
    ClientAnswer answer{request.client, client_->perform(request.exchange, begin + request.deadline), 0};
    answer.milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
    answers_.push_back(std::move(answer));
    return {};
  }
  Result<ClientAnswer> next() override {
    ClientAnswer answer = answers_.front();
    answers_.pop_front();
    return answer;
  }

private:
  std::unique_ptr<RoleClient> client_;
  std::deque<ClientAnswer> answers_;
};

class BrokenWsus : public testing::Test {
protected:
  struct Seen {
    std::string smoke;
    SoakReport soak;
  };

  Seen run(const OddServer &server, milliseconds deadline = patience) {
    Role role = readRole(std::filesystem::path(HOTGATE_ROLES) / "wsus.yaml").value();
    role.deadline = deadline;
    ClientProbe probe(std::make_unique<ClientsHere>(server.port()), role, "", {.requests = 80, .clients = 2});
    Seen seen;
    seen.smoke = probe.smoke()->fault;
    if (seen.smoke.empty())
      seen.soak = probe.soak([](int64_t) { return Result<>(); }).value();
    return seen;
  }
  std::function<StandInAnswer(const StandInRequest &)> sound() {
    return [this](const StandInRequest &request) { return wsus.answer(request); };
  }

  WsusStandIn wsus;
};

TEST_F(BrokenWsus, SoundPasses) {
  const Seen seen = run(OddServer(answersHttp(sound())));
  EXPECT_EQ(seen.smoke, "");
  EXPECT_EQ(seen.soak.fault, "");
  EXPECT_EQ(seen.soak.transactions, 80);
}

TEST_F(BrokenWsus, StoppedIsSeen) {
  auto server = std::make_unique<OddServer>(answersHttp(sound()));
  const uint16_t port = server->port();
  server.reset();
  EXPECT_EQ(clientOf(port)->perform("config", after(span)).kind, Outcome::Kind::unanswered);
}

TEST_F(BrokenWsus, SuspendedIsSeen) {
  EXPECT_THAT(run(OddServer(saysNothing), span).smoke, HasSubstr("1 of 1 unanswered within the deadline"));
}

TEST_F(BrokenWsus, WrongDataIsSeen) {
  wsus.digest = "AAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  EXPECT_THAT(run(OddServer(answersHttp(sound()))).smoke, HasSubstr("content: 1 of 1 answers wrong"));
}

TEST_F(BrokenWsus, SlowIsSeen) {
  const Seen control = run(OddServer(answersHttp(sound())));
  const Seen slow = run(OddServer(answersHttp([this](const StandInRequest &request) {
    std::this_thread::sleep_for(milliseconds(20));
    return wsus.answer(request);
  })));
  ASSERT_EQ(slow.soak.fault, "");
  const auto shift =
      latencyShift(control.soak.tallies.at("config").milliseconds, slow.soak.tallies.at("config").milliseconds);
  ASSERT_TRUE(shift);
  EXPECT_GT(shift->slower, 0.95);
  EXPECT_GT(shift->patchedMedian, 3 * shift->controlMedian);
}

TEST_F(BrokenWsus, RefusingEveryTenthIsSeen) {
  std::atomic<int> connections = 0;
  const Seen seen = run(OddServer([&, serve = answersHttp(sound())](int connection) {
    if (++connections % 10 != 0)
      return serve(connection);
    const linger atOnce{1, 0}; // the connection is reset
    setsockopt(connection, SOL_SOCKET, SO_LINGER, &atOnce, sizeof atOnce);
  }));
  EXPECT_EQ(seen.smoke, "");
  EXPECT_FALSE(seen.soak.hung);
  EXPECT_THAT(seen.soak.fault, HasSubstr("unanswered within the deadline"));
}

} // namespace
} // namespace hotgate::harness
