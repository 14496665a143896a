// The RDS client: its two first messages, and servers that are none. (What it asks of a sound server, and of the same
// one broken, is tested against xrdp in a guest.)
#include "harness/client/clients/rds_client.h"
#include "harness/client/clients/x224_negotiation.h"
#include "tests/harness/client/odd_server.h"
#include "tests/harness/client/tls_server.h"
#include "tests/harness/temporary_folder.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

namespace hotgate::harness {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using Bytes = std::vector<uint8_t>;

constexpr milliseconds patience{8000}; // with a server that answers, on a busy machine
constexpr milliseconds span{400};      // with one that does not

// MS-RDPBCGR 4.1.2: TLS was chosen.
const Bytes exampleConfirm{0x03, 0x00, 0x00, 0x13, 0x0e, 0xd0, 0x00, 0x00, 0x12, 0x34,
                           0x00, 0x02, 0x00, 0x08, 0x00, 0x01, 0x00, 0x00, 0x00};

// Of another server: one of these never gets so far as to show its own.
constexpr const char *certificate = "-----BEGIN CERTIFICATE-----\n"
                                    "MIIBqjCCAVGgAwIBAgIUaHlmTKSaOqD+0MmjF1ErErCGXD4wCgYIKoZIzj0EAwIw\n"
                                    "GjEYMBYGA1UEAwwPZGMuaG90Z2F0ZS50ZXN0MB4XDTI2MTEyMTIyNDE0NVoXDTQ2\n"
                                    "MTExNjIyNDE0NVowGjEYMBYGA1UEAwwPZGMuaG90Z2F0ZS50ZXN0MFkwEwYHKoZI\n"
                                    "zj0CAQYIKoZIzj0DAQcDQgAEcqUs0nstdmkyEMS2XqweaQ6EpT8aYt6Oj3UGRJaw\n"
                                    "Mse7fKBX7uaRqJCQ+5Po4miJ3mmvjY6wTu7L7t+5wL1U46N1MHMwHQYDVR0OBBYE\n"
                                    "FDs2wNfS7cb6u6wbFHauzu/kMVV+MB8GA1UdIwQYMBaAFDs2wNfS7cb6u6wbFHau\n"
                                    "zu/kMVV+MA8GA1UdEwEB/wQFMAMBAf8wIAYDVR0RBBkwF4IPZGMuaG90Z2F0ZS50\n"
                                    "ZXN0hwQKTQABMAoGCCqGSM49BAMCA0cAMEQCIBw3ZOISb7ncMs1ExZvgk6tOi0OW\n"
                                    "DCWK/vRviXWns2BuAiAc7PHOQGE2nrMen5Y9/Y5uUGnWPtdgNB2yaY7O6okdYA==\n"
                                    "-----END CERTIFICATE-----\n";

void say(int connection, const Bytes &bytes) { send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

Outcome ask(const OddServer &server, const std::string &exchange, milliseconds limit,
            const std::string &trusted = certificate) {
  const TemporaryFolder settings; // libfreerdp makes a folder of its own among the user's
  setenv("XDG_CONFIG_HOME", settings.path().c_str(), 1);
  const auto client = makeRdsClient(
      {.server = "127.0.0.1",
       .settings = {
           {"port", std::to_string(server.port())}, {"certificate", trusted}, {"refusal", "1"}, {"colors", "4"}}});
  EXPECT_TRUE(client) << client.error().message();
  const Deadline begun = Clock::now();
  const Outcome outcome = (*client)->perform(exchange, begun + limit);
  EXPECT_LT(Clock::now(), begun + limit + patience);
  return outcome;
}

TEST(X224Negotiation, AsksAsTheSpecificationDoes) {
  // MS-RDPBCGR 4.1.1, without its cookie.
  EXPECT_EQ(x224Request(rdpTls), (Bytes{0x03, 0x00, 0x00, 0x13, 0x0e, 0xe0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00,
                                        0x08, 0x00, 0x01, 0x00, 0x00, 0x00}));
}

TEST(X224Negotiation, ReadsTheChoiceAndTheRefusal) {
  const auto chosen = parseX224Confirm(exampleConfirm);
  ASSERT_TRUE(chosen) << chosen.error().message();
  EXPECT_FALSE(chosen->isRefusal);
  EXPECT_EQ(chosen->value, rdpTls);
  Bytes refusal = exampleConfirm;
  refusal[11] = 3;
  refusal[15] = 5;
  EXPECT_TRUE(parseX224Confirm(refusal)->isRefusal);
  EXPECT_EQ(parseX224Confirm(refusal)->value, 5U);
  Bytes old(exampleConfirm.begin(), exampleConfirm.begin() + 11);
  old[3] = 11;
  old[4] = 6;
  EXPECT_EQ(parseX224Confirm(old)->value, rdpStandard);
}

TEST(X224Negotiation, NoPrefixAndNoOtherTypeIsAnAnswer) {
  for (size_t size = 0; size < exampleConfirm.size(); ++size)
    EXPECT_FALSE(parseX224Confirm(std::span(exampleConfirm).first(size))) << size;
  for (const size_t at : {size_t{0}, size_t{3}, size_t{4}, size_t{5}, size_t{11}, size_t{13}, size_t{14}}) {
    Bytes other = exampleConfirm;
    other[at] ^= 0x40U;
    EXPECT_FALSE(parseX224Confirm(other)) << at;
  }
}

TEST(RdsClient, TellsTheRightChoiceFromAnother) {
  OddServer choosesTls([](int connection) {
    say(connection, exampleConfirm);
    saysNothing(connection);
  });
  EXPECT_EQ(ask(choosesTls, "negotiate", patience).text, "");
  EXPECT_THAT(ask(choosesTls, "refusal", patience).text,
              HasSubstr("expected failure code 1 for protocols 0x0, got protocol 1"));
  OddServer refuses([](int connection) {
    Bytes refusal = exampleConfirm;
    refusal[11] = 3;
    say(connection, refusal);
    saysNothing(connection);
  });
  EXPECT_EQ(ask(refuses, "refusal", patience).text, "");
  EXPECT_THAT(ask(refuses, "negotiate", patience).text,
              HasSubstr("expected protocol 1 for protocols 0x1, got failure code 1"));
  EXPECT_EQ(ask(refuses, "login", patience).kind, Outcome::Kind::wrong);
}

TEST(RdsClient, SilenceIsUnanswered) {
  OddServer silent(saysNothing);
  for (const char *exchange : {"negotiate", "refusal", "login"})
    EXPECT_EQ(ask(silent, exchange, span).kind, Outcome::Kind::unanswered) << exchange;
}

TEST(RdsClient, SilenceInTheTlsHandshakeIsUnanswered) {
  OddServer silent([](int connection) {
    say(connection, exampleConfirm);
    saysNothing(connection);
  });
  const Outcome outcome = ask(silent, "login", span);
  EXPECT_EQ(outcome.kind, Outcome::Kind::unanswered) << outcome.text;
}

TEST(RdsClient, ADrippedTlsHandshakeIsUnanswered) {
  OddServer drips([](int connection) {
    say(connection, exampleConfirm);
    say(connection, {0x16, 0x03, 0x03, 0x40, 0x00}); // a record of 16 KiB, a byte at a time
    while (send(connection, "x", 1, MSG_NOSIGNAL) > 0)
      std::this_thread::sleep_for(milliseconds(20));
  });
  EXPECT_NE(ask(drips, "login", span).kind, Outcome::Kind::right);
}

TEST(RdsClient, GarbageIsNoAnswer) {
  OddServer floods(floodsWith("garbage, and more garbage"));
  for (const char *exchange : {"negotiate", "refusal", "login"})
    EXPECT_NE(ask(floods, exchange, span).kind, Outcome::Kind::right) << exchange;
  OddServer afterwards([](int connection) {
    say(connection, exampleConfirm);
    floodsWith("garbage, and more garbage")(connection);
  });
  EXPECT_NE(ask(afterwards, "login", span).kind, Outcome::Kind::right);
}

// Each reads the client's first message and answers it before TLS begins.
OddServer::Script afterTls(const TestCertificate &own, const OddServer::Script &script) {
  return [secured = own.secured(script)](int connection) {
    std::array<uint8_t, 256> request{};
    if (recv(connection, request.data(), 4, MSG_WAITALL) != 4)
      return;
    const size_t rest = std::clamp<size_t>(request[3], 4, request.size()) - 4;
    if (recv(connection, request.data(), rest, MSG_WAITALL) <= 0)
      return;
    say(connection, exampleConfirm);
    secured(connection);
  };
}

TEST(RdsClient, AnotherCertificateIsWrong) {
  const TestCertificate own("peer.hotgate.test");
  OddServer server(afterTls(own, saysNothing));
  EXPECT_THAT(ask(server, "login", patience).text,
              HasSubstr("expected the certificate of the role's settings, got another"));
  // With its own it gets further, and hears nothing there.
  EXPECT_EQ(ask(server, "login", span * 4, own.pem()).kind, Outcome::Kind::unanswered);
}

TEST(RdsClient, GarbageBehindTheHandshakeIsNoAnswer) {
  const TestCertificate own("peer.hotgate.test");
  // Alone, and behind the header of an MCS Connect Response whose length says more than comes.
  for (const std::string &garbage :
       {std::string("garbage"), std::string("\x03\x00\x01\x00\x02\xf0\x80\x7f\x66\x82", 10)}) {
    OddServer server(afterTls(own, [&](int connection) {
      while (sendAll(connection, garbage)) {
      }
    }));
    EXPECT_NE(ask(server, "login", span, own.pem()).kind, Outcome::Kind::right);
  }
}

TEST(RdsClient, AMessageThatAnnouncesMuchIsRefused) {
  OddServer server(floodsWith(std::string("\x03\x00\xff\xff", 4)));
  EXPECT_THAT(ask(server, "negotiate", patience).text, HasSubstr("at most 19 bytes, got version 3 and 65535"));
}

TEST(RdsClient, NamesTheSettingThatIsWrong) {
  const auto client = makeRdsClient({.server = "10.77.0.1", .settings = {{"port", "rdp"}}});
  ASSERT_FALSE(client);
  EXPECT_THAT(client.error().message(), HasSubstr("port is \"rdp\""));
}

} // namespace
} // namespace hotgate::harness
