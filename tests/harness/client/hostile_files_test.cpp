// The file server's client against hostile servers. What libsmbclient does not end by itself the supervisor does.
#include "tests/harness/client/hostile_server_test.h"

namespace hotgate::harness {
namespace {

using std::string_literals::operator""s;

constexpr uint16_t port = 445;

// A number's bytes, least first.
std::string little(uint64_t value, size_t size) {
  std::string bytes;
  for (size_t at = 0; at < size; ++at)
    bytes += static_cast<char>(value >> (8 * at));
  return bytes;
}

// Of the transport: a zero and three bytes of length.
std::string framed(const std::string &message) {
  const size_t size = message.size();
  return "\0"s + static_cast<char>(size >> 16U) + static_cast<char>(size >> 8U) + static_cast<char>(size) + message;
}

struct Negotiated {
  uint64_t message = 0;
  uint16_t dialect = 0x0302;
  uint16_t tokenAt = 128; // from the header's beginning
  uint16_t tokenSize = 0;
  uint32_t contextsAt = 0;
  uint16_t contexts = 0;
};
// [MS-SMB2] 2.2.1.2 and 2.2.4.
std::string negotiateResponse(const Negotiated &with) {
  const std::string header = "\xfeSMB"s + little(64, 2) + std::string(6, '\0') + little(0, 2) + little(1, 2) +
                             little(1, 4) + little(0, 4) + little(with.message, 8) + std::string(32, '\0');
  const std::string body = little(65, 2) + little(1, 2) + little(with.dialect, 2) + little(with.contexts, 2) +
                           std::string(16, 'g') + little(0, 4) + little(1U << 20U, 4) + little(1U << 20U, 4) +
                           little(1U << 20U, 4) + std::string(16, '\0') + little(with.tokenAt, 2) +
                           little(with.tokenSize, 2) + little(with.contextsAt, 4);
  return framed(header + body);
}

class HostileFiles : public HostileServerTest {
protected:
  void SetUp() override {
    begin("fileserver", {{"domain", "HOTGATE"},
                         {"user", "probe"},
                         {"password", "secret"},
                         {"share", "data"},
                         {"encrypted_share", "sealed"},
                         {"large_mib", "1"},
                         {"small_files", "2"}});
  }
  Outcome answered(const OddServer::Script &script, std::chrono::milliseconds deadline = longDeadline) {
    const OddServer server(script, port);
    return ask("smb3-signed", deadline);
  }
};

constexpr const char *noneAtAll = "libsmbclient's word for an answer that is none";

TEST_F(HostileFiles, WhoSaysNothingIsUnanswered) {
  EXPECT_THAT(ask("smb3-signed"), IsUnanswered("Connection refused"));
  EXPECT_THAT(answered(closesAtOnce), testing::Not(IsRight())); // reset or ended, as the packets fall
  EXPECT_THAT(answered(saysNothing, shortDeadline), IsUnanswered("Connection timed out"));
  EXPECT_THAT(answered(drips("\x00\x00\x40\x00"s), shortDeadline), IsUnanswered("Connection timed out"));
  EXPECT_EQ(answered(floodsWith("\x85\x00\x00\x00"s), shortDeadline).kind, Outcome::Kind::unanswered) << "keep-alives";
}

TEST_F(HostileFiles, AFrameThatIsNoneIsTold) {
  EXPECT_THAT(answered(saysAndCloses("garbage, and more garbage")), testing::Not(IsRight()));
  EXPECT_THAT(answered(floodsWith("garbage, and more garbage")), IsWrong(noneAtAll));
  EXPECT_THAT(answered(floodsWith("x", "\x00\xff\xff\xff"s)), IsWrong(noneAtAll)) << "of 16 MiB";
  EXPECT_THAT(answered(says(framed("\xfeSMB"))), IsWrong(noneAtAll));
}

TEST_F(HostileFiles, LengthsBeyondTheFrameAreTold) {
  for (const Negotiated &with : {Negotiated{.tokenSize = 0xffff}, Negotiated{.tokenAt = 0xffff, .tokenSize = 16},
                                 Negotiated{.tokenAt = 0, .tokenSize = 128}, Negotiated{.dialect = 0xffff},
                                 Negotiated{.dialect = 0x0311, .contextsAt = 0xfffffff8, .contexts = 0xffff},
                                 Negotiated{.dialect = 0x0311, .contextsAt = 128, .contexts = 3}})
    EXPECT_THAT(answered(says(negotiateResponse(with))), IsWrong(noneAtAll));
  for (size_t cut = 4; cut < 132; cut += 16)
    EXPECT_THAT(answered(says(framed(negotiateResponse({}).substr(4, cut)))), IsWrong(noneAtAll)) << cut;
}

TEST_F(HostileFiles, AnswersThatNobodyAskedForAreTold) {
  EXPECT_THAT(answered(floodsWith(negotiateResponse({.message = 77}))), IsWrong(noneAtAll));
  EXPECT_THAT(answered(floodsWith(negotiateResponse({}))), IsWrong(noneAtAll));
}

TEST_F(HostileFiles, WhatOneClientSuffersIsNotTheOthers) {
  const OddServer server(
      [first = std::make_shared<std::atomic<bool>>(true)](int connection) {
        (first->exchange(false) ? drips("\x00\x00\x40\x00"s) : closesAtOnce)(connection);
      },
      port);
  clients.ask(0, "smb3-signed", std::chrono::milliseconds(1000));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  clients.ask(1, "smb3-signed", longDeadline);
  EXPECT_EQ(clients.answer().client, 1);
  EXPECT_EQ(clients.answer().client, 0);
}

} // namespace
} // namespace hotgate::harness
