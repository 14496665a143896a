// The DNS client against hostile servers.
#include "tests/harness/client/hostile_server_test.h"

namespace hotgate::harness {
namespace {

using std::string_literals::operator""s;

constexpr uint16_t port = 53;
const std::string questionsName = "\xc0\x0c"; // a pointer to the name behind the header

std::string bigEndian(size_t value) { return {static_cast<char>(value >> 8U), static_cast<char>(value)}; }
// For TCP.
std::string framed(const std::string &message) { return bigEndian(message.size()) + message; }

std::string record(const std::string &name, const std::string &type, const std::string &data) {
  return name + type + "\x00\x01\x00\x00\x00\x3c"s + bigEndian(data.size()) + data;
}
const std::string address = record(questionsName, "\x00\x01"s, "\x0a\x4d\x00\x50"s); // 10.77.0.80

// The request back as its answer, with so many records behind the question.
std::string answerTo(const std::string &request, size_t count, const std::string &records) {
  std::string answer = request.substr(0, 2) + "\x84\x00\x00\x01"s + bigEndian(count) + "\x00\x00\x00\x00"s;
  return answer + request.substr(12) + records;
}
std::string soundAnswer(const std::string &request) { return answerTo(request, 1, address); }

class HostileDns : public HostileServerTest {
protected:
  void SetUp() override {
    begin("dns", {{"zone", "hotgate.test"}, {"host", "www"}, {"a", "10.77.0.80"}, {"big_host", "big"}});
  }
  // What an answer by UDP is to the client.
  Outcome byUdp(const std::function<std::string(const std::string &)> &answer) {
    const OddDatagramServer server([&](const std::string &request) { return std::vector{answer(request)}; }, port);
    return ask("a");
  }
  Outcome byTcp(const OddServer::Script &script, std::chrono::milliseconds deadline = longDeadline) {
    const OddServer server(script, port);
    return ask("tcp", deadline);
  }
};

TEST_F(HostileDns, ASoundAnswerIsRight) {
  EXPECT_THAT(byUdp(soundAnswer), IsRight());
  const auto script = [](int connection) {
    sendAll(connection, framed(soundAnswer(receiveSome(connection).substr(2))));
  };
  EXPECT_THAT(byTcp(script), IsRight());
}

TEST_F(HostileDns, NoPrefixOfAnAnswerIsOne) {
  const OddDatagramServer server(
      [size = size_t{0}](const std::string &request) mutable {
        return std::vector{soundAnswer(request).substr(0, size++)};
      },
      port);
  std::string whole(12, '\0');
  const size_t size = soundAnswer(whole + "\x03www\x07hotgate\x04test\x00\x00\x01\x00\x01"s).size();
  for (size_t cut = 0; cut < size; ++cut)
    ASSERT_THAT(ask("a"), IsWrong("expected a DNS message, got " + std::to_string(cut) + " bytes that are none"));
  EXPECT_THAT(ask("a"), IsRight());
}

TEST_F(HostileDns, AWrongMessageIsTold) {
  EXPECT_THAT(byUdp([](const auto &) { return "garbage, and more garbage"s; }), IsWrong("bytes that are none"));
  EXPECT_THAT(byUdp([](const auto &) { return std::string(65'000, '\xff'); }), IsWrong("65000 bytes that are none"));
  EXPECT_THAT(byUdp([](const auto &request) { return request; }), IsWrong("got another message"));
  EXPECT_THAT(byUdp([](const auto &request) { return "\x00\x00"s + soundAnswer(request).substr(2); }),
              IsWrong("got another message"));
  EXPECT_THAT(byUdp([](const auto &request) { return answerTo(request, 65'535, address); }),
              IsWrong("bytes that are none"));
  EXPECT_THAT(byUdp([](const auto &request) { return answerTo(request, 0, ""); }), IsWrong("got NOERROR []"));
  const std::string others = record("\x03"
                                    "ftp\xc0\x10"s,
                                    "\x00\x01"s, "\x0a\x4d\x00\x50"s);
  EXPECT_THAT(byUdp([&](const auto &request) { return answerTo(request, 1, others); }), IsWrong("got NOERROR []"));
}

TEST_F(HostileDns, CompressionLoopsEnd) {
  for (const std::string &name : {"\xc0\x22"s, "\xff\xff"s, "\x03www\xc0\x22"s}) // itself, behind the end, around
    EXPECT_THAT(byUdp([&](const auto &request) {
                  return answerTo(request, 1, record(name, "\x00\x01"s, "\x0a\x4d\x00\x50"s));
                }),
                IsWrong("bytes that are none"));
  // Each of 2,000 pointers leads to the one before it, and every record's name to the last.
  const auto chain = [](const std::string &request) {
    std::string data;
    size_t at = request.size() + 12; // of the first record's data
    data += "\x00"s;
    for (size_t pointer = at; data.size() < 4001; pointer = at + data.size() - 2)
      data += bigEndian(0xc000U | pointer);
    std::string records = record(questionsName, "\x00\x10"s, data);
    for (int count = 1; count < 2000; ++count)
      records += record(bigEndian(0xc000U | (at + data.size() - 2)), "\x00\x01"s, "\x0a\x4d\x00\x50"s);
    return answerTo(request, 2000, records);
  };
  EXPECT_EQ(byUdp(chain).kind, Outcome::Kind::wrong);
}

TEST_F(HostileDns, AFloodOfAnswersIsOneAnswer) {
  const OddDatagramServer server(
      [](const std::string &request) { return std::vector<std::string>(2000, soundAnswer(request)); }, port);
  EXPECT_THAT(ask("a"), IsRight());
  EXPECT_THAT(ask("a"), IsRight()) << "what is left of the flood is another socket's";
}

TEST_F(HostileDns, SilenceAndRefusalAreUnanswered) {
  EXPECT_THAT(ask("a"), IsUnanswered("Connection refused"));
  EXPECT_THAT(ask("tcp"), IsUnanswered("Connection refused"));
  const OddDatagramServer silent([](const auto &) { return std::vector<std::string>(); }, port);
  EXPECT_THAT(ask("a", shortDeadline), IsUnanswered("no answer within the deadline"));
}

TEST_F(HostileDns, AStreamThatIsCutOrHasNoEndIsTold) {
  EXPECT_EQ(byTcp(closesAtOnce).kind, Outcome::Kind::unanswered);
  EXPECT_THAT(byTcp(saysAndCloses("\xff\xffgarbage")), IsUnanswered("closed the connection after 7 of 65535 bytes"));
  EXPECT_THAT(byTcp(drips("\xff"), shortDeadline), IsUnanswered("no answer within the deadline"));
  EXPECT_THAT(byTcp(saysNothing, shortDeadline), IsUnanswered("no answer within the deadline"));
  EXPECT_THAT(byTcp(floodsWith("garbage")), IsWrong("bytes that are none"));
  EXPECT_THAT(byTcp(says("\x00\x00"s)), IsWrong("got 0 bytes that are none"));
}

TEST_F(HostileDns, ATransferWithoutAnEndIsEnded) {
  std::string records;
  for (int count = 0; count < 2000; ++count)
    records += address;
  const OddServer server(
      [&](int connection) {
        const std::string request = receiveSome(connection).substr(2);
        const std::string message = framed(answerTo(request, 2000, records));
        while (sendAll(connection, message)) {
        }
      },
      port);
  EXPECT_THAT(ask("transfer"), IsWrong("expected its end, got more than 100000 records"));
}

TEST_F(HostileDns, ATransferThatDripsIsCutAtTheDeadline) {
  const OddServer server(drips("\xff"), port);
  EXPECT_THAT(ask("transfer", shortDeadline), IsUnanswered("transfer, after 0 records: no answer within the deadline"));
}

TEST_F(HostileDns, WhatOneClientSuffersIsNotTheOthers) {
  const OddServer dripping(drips("\xff"), port);
  const OddDatagramServer sound([](const auto &request) { return std::vector{soundAnswer(request)}; }, port);
  clients.ask(0, "tcp", longDeadline);
  clients.ask(1, "a", longDeadline);
  const ClientAnswer first = clients.answer();
  EXPECT_EQ(first.client, 1);
  EXPECT_THAT(first.outcome, IsRight());
}

} // namespace
} // namespace hotgate::harness
