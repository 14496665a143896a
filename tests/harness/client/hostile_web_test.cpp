// The web client against hostile servers.
#include "tests/harness/client/hostile_server_test.h"
#include "tests/harness/client/tls_server.h"

namespace hotgate::harness {
namespace {

using std::string_literals::operator""s;

constexpr uint16_t clearPort = 80;
constexpr uint16_t tlsPort = 443;
constexpr const char *host = "web.hotgate.test";
const std::string ok = "HTTP/1.1 200 OK\r\n";
const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
const std::string soundPage = ok + "Content-Length: 5\r\n\r\ntext\n";

// Of HTTP/2: length, type, flags, stream.
std::string frame(char type, char flags, char stream, const std::string &payload) {
  const size_t size = payload.size();
  const std::string length{static_cast<char>(size >> 16U), static_cast<char>(size >> 8U), static_cast<char>(size)};
  return length + std::string{type, flags, 0, 0, 0, stream} + payload;
}
const std::string settings = frame(4, 0, 0, "");

class HostileWeb : public HostileServerTest {
protected:
  void SetUp() override {
    begin("web", {{"host", host}, {"page", "/"}, {"content", "text"}, {"certificate", certificate.pem()}});
  }
  Outcome answered(const OddServer::Script &script, std::chrono::milliseconds deadline = longDeadline) {
    const OddServer server(script, clearPort);
    return ask("http1", deadline);
  }
  Outcome answeredByTls(const OddServer::Script &script, std::chrono::milliseconds deadline = longDeadline) {
    const OddServer server(script, tlsPort);
    return ask("https2", deadline);
  }

  TestCertificate certificate{host};
};

TEST_F(HostileWeb, ASoundPageIsRight) { EXPECT_THAT(answered(says(soundPage)), IsRight()); }

TEST_F(HostileWeb, WhoSaysNothingIsUnanswered) {
  EXPECT_THAT(ask("http1"), IsUnanswered("Couldn't connect to server"));
  EXPECT_EQ(answered(closesAtOnce).kind, Outcome::Kind::unanswered);
  EXPECT_THAT(answered(saysNothing, shortDeadline), IsUnanswered("Timeout was reached"));
  EXPECT_THAT(answered(drips("X-More: of it\r\n", ok), shortDeadline), IsUnanswered("Timeout was reached"));
}

TEST_F(HostileWeb, AnAnswerThatIsNoneIsTold) {
  EXPECT_THAT(answered(saysAndCloses("garbage, and more garbage\r\n\r\n")), IsWrong("HTTP/0.9"));
  EXPECT_THAT(answered(floodsWith("\xff\xfe")), IsWrong("HTTP/0.9"));
  EXPECT_THAT(answered(saysAndCloses(soundPage.substr(0, 30))), IsWrong("expected"));
  EXPECT_THAT(answered(saysAndCloses(soundPage.substr(0, soundPage.size() - 1))), IsWrong("1 bytes remaining"));
  EXPECT_THAT(answered(saysAndCloses(ok + "Content-Length: -5\r\n\r\ntext\n")), IsWrong("expected"));
}

TEST_F(HostileWeb, EndlessHeadersEnd) {
  const std::string tooMuch = "more than 65536 bytes of headers";
  EXPECT_THAT(answered(floodsWith("X-More: of it\r\n", ok)), IsWrong(tooMuch));
  EXPECT_THAT(answered(floodsWith("HTTP/1.1 100 Continue\r\n\r\n")), IsWrong(tooMuch));
  EXPECT_THAT(answered(floodsWith("X-More: of it\r\n", chunked + "0\r\n")), IsWrong(tooMuch)) << "trailers";
  EXPECT_EQ(answered(floodsWith("a line without an end ", ok + "X-More: ")).kind, Outcome::Kind::wrong);
}

TEST_F(HostileWeb, EndlessBodiesEnd) {
  const std::string tooMuch = "a body of more than 4194304 bytes";
  EXPECT_THAT(answered(floodsWith("text", ok + "\r\n")), IsWrong(tooMuch));
  EXPECT_THAT(answered(floodsWith("4\r\ntext\r\n", chunked)), IsWrong(tooMuch));
  EXPECT_THAT(answered(floodsWith("text", chunked + "7fffffffffffffff\r\n")), IsWrong(tooMuch));
  EXPECT_THAT(answered(floodsWith("text", ok + "Content-Length: 9223372036854775807\r\n\r\n")), IsWrong(tooMuch));
  EXPECT_THAT(answered(says(chunked + "ffffffffffffffffffff\r\n")), IsUnanswered("Too long hexadecimal number"));
  EXPECT_EQ(answered(floodsWith("x", chunked + "4;"), shortDeadline).kind, Outcome::Kind::unanswered) << "an extension";
}

TEST_F(HostileWeb, RedirectsAreNotFollowed) {
  int connections = 0;
  const std::string redirect = "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n";
  EXPECT_THAT(answered([&](int connection) {
                ++connections;
                says(redirect)(connection);
              }),
              IsWrong("expected status 200, got 302"));
  EXPECT_EQ(connections, 1);
}

TEST_F(HostileWeb, AHandshakeThatIsNoneIsTold) {
  EXPECT_THAT(answeredByTls(says("garbage, and more garbage")), IsWrong("expected an answer"));
  EXPECT_THAT(answeredByTls(saysNothing, shortDeadline), IsUnanswered("Timeout was reached"));
  EXPECT_THAT(answeredByTls(drips("x", "\x16\x03\x03\x40\x00"s), shortDeadline), IsUnanswered("Timeout was reached"));
  const TestCertificate another(host);
  EXPECT_THAT(answeredByTls(another.secured(says(settings))), IsWrong("certificate"));
}

TEST_F(HostileWeb, Http2ThatIsNoneIsTold) {
  const auto byHttp2 = [&](const OddServer::Script &script, std::chrono::milliseconds deadline = longDeadline) {
    return answeredByTls(certificate.secured(script), deadline);
  };
  const std::string headersOf16MiB = "\xff\xff\xff\x01\x04\x00\x00\x00\x01"s;
  const std::string packedBadly = frame(1, 4, 1, "\xff\xff\xff\xff\xff\xff");
  for (const std::string &bytes :
       {"garbage, and more garbage"s, frame(4, 0, 0, "12345"), settings + headersOf16MiB, settings + packedBadly})
    EXPECT_THAT(byHttp2(says(bytes)), IsUnanswered("or what came is no HTTP/2"));
  EXPECT_THAT(byHttp2(says(settings + frame(7, 0, 0, std::string(8, '\0')))), testing::Not(IsRight())) << "go away";
  // Headers that never end: the first without their end, and continuations.
  EXPECT_THAT(byHttp2(floodsWith(frame(9, 0, 1, ""), settings + frame(1, 0, 1, "")), shortDeadline),
              testing::Not(IsRight()));
  // 200 and a body without end, in frames of 16 KiB; the client must say that it has room.
  EXPECT_THAT(byHttp2(floodsWith(frame(0, 0, 1, std::string(16'384, 'x')), settings + frame(1, 4, 1, "\x88"))),
              testing::Not(IsRight()));
  EXPECT_THAT(byHttp2(floodsWith(settings), shortDeadline), testing::Not(IsRight()));
}

TEST_F(HostileWeb, WhatOneClientSuffersIsNotTheOthers) {
  std::atomic<int> connections = 0;
  const OddServer server(
      [&](int connection) {
        if (connections++ == 0)
          drips("X-More: of it\r\n", ok)(connection);
        else
          says(soundPage)(connection);
      },
      clearPort);
  clients.ask(0, "http1", std::chrono::milliseconds(2000));
  while (connections == 0)
    std::this_thread::yield();
  for (int client = 1; client <= 3; ++client)
    clients.ask(client, "http1", longDeadline);
  for (int count = 1; count <= 3; ++count) {
    const ClientAnswer got = clients.answer();
    EXPECT_GT(got.client, 0);
    EXPECT_THAT(got.outcome, IsRight());
  }
  EXPECT_THAT(clients.answer().outcome, IsUnanswered("Timeout was reached"));
  EXPECT_THAT(ask("http1"), IsRight()) << "and it goes on";
}

} // namespace
} // namespace hotgate::harness
