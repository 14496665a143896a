// The clients of a directory against servers that are none: whatever they send, the client is back by its deadline,
// says whether it was answered, and takes no more memory than its bounds. (What the clients ask of a sound server, and
// of the same one broken, is tested against Samba in a guest.)
#include "harness/client/clients/adds_client.h"
#include "harness/client/clients/file_server_client.h"
#include "harness/client/clients/ldap_session.h"
#include "harness/guest/base64.h"
#include "tests/harness/client/odd_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

namespace hotgate::harness {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr milliseconds span{300};
constexpr milliseconds busyMachine{4000};

// A BindResponse: message 1, success.
const std::string bindSuccess("\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00", 14);

// Of another server: one of these never gets so far as to show its own.
constexpr const char *certificate =
    "MIIBqjCCAVGgAwIBAgIUaHlmTKSaOqD+0MmjF1ErErCGXD4wCgYIKoZIzj0EAwIwGjEYMBYGA1UEAwwPZGMuaG90Z2F0ZS50ZXN0"
    "MB4XDTI2MTEyMTIyNDE0NVoXDTQ2MTExNjIyNDE0NVowGjEYMBYGA1UEAwwPZGMuaG90Z2F0ZS50ZXN0MFkwEwYHKoZIzj0CAQYI"
    "KoZIzj0DAQcDQgAEcqUs0nstdmkyEMS2XqweaQ6EpT8aYt6Oj3UGRJawMse7fKBX7uaRqJCQ+5Po4miJ3mmvjY6wTu7L7t+5wL1U"
    "46N1MHMwHQYDVR0OBBYEFDs2wNfS7cb6u6wbFHauzu/kMVV+MB8GA1UdIwQYMBaAFDs2wNfS7cb6u6wbFHauzu/kMVV+MA8GA1Ud"
    "EwEB/wQFMAMBAf8wIAYDVR0RBBkwF4IPZGMuaG90Z2F0ZS50ZXN0hwQKTQABMAoGCCqGSM49BAMCA0cAMEQCIBw3ZOISb7ncMs1E"
    "xZvgk6tOi0OWDCWK/vRviXWns2BuAiAc7PHOQGE2nrMen5Y9/Y5uUGnWPtdgNB2yaY7O6okdYA==";

class Directory : public testing::Test {
protected:
  void SetUp() override { begun_ = Clock::now(); }
  void TearDown() override { EXPECT_LT(Clock::now() - begun_, span + busyMachine); }

  static Result<int> bind(const OddServer &server, const char *scheme = "ldap") {
    const Deadline deadline = after(span);
    HOTGATE_TRY(LdapSession session, LdapSession::open(fmt::format("{}://127.0.0.1:{}", scheme, server.port()),
                                                       *decodeBase64(certificate), deadline));
    return session.simpleBind("cn=probe", "password", deadline);
  }
  static Result<> authenticate(const OddServer &server) {
    HOTGATE_TRY(Kerberos kerberos, Kerberos::open("127.0.0.1", "HOTGATE.TEST", server.port()));
    return kerberos.authenticate({"probe", "password"}, encryptionTypeOf("aes256"), after(span));
  }

private:
  Deadline begun_;
};

TEST_F(Directory, ABindIsAnswered) {
  OddServer server([](int connection) {
    send(connection, bindSuccess.data(), bindSuccess.size(), MSG_NOSIGNAL);
    saysNothing(connection);
  });
  EXPECT_EQ(bind(server).value_or(-1), LDAP_SUCCESS);
}

TEST_F(Directory, ASilentLdapServerCostsTheDeadline) {
  OddServer server(saysNothing);
  const auto bound = bind(server);
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().kind, ErrorKind::fault) << bound.error().message();
}

TEST_F(Directory, AServerThatKeepsATlsHandshakeCostsTheDeadline) {
  OddServer server(saysNothing);
  const auto bound = bind(server, "ldaps");
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().kind, ErrorKind::fault) << bound.error().message();
}

TEST_F(Directory, AServerThatDripsATlsHandshakeCostsTheDeadline) {
  OddServer server([](int connection) {
    // A record of 16 KiB, a byte at a time.
    const std::string head("\x16\x03\x03\x40\x00", 5);
    send(connection, head.data(), head.size(), MSG_NOSIGNAL);
    while (send(connection, "x", 1, MSG_NOSIGNAL) > 0)
      std::this_thread::sleep_for(milliseconds(20));
  });
  EXPECT_FALSE(bind(server, "ldaps"));
}

TEST_F(Directory, AFloodOfGarbageIsNoAnswer) {
  OddServer server(floodsWith("garbage, and more garbage"));
  EXPECT_FALSE(bind(server));
  EXPECT_FALSE(bind(server, "ldaps"));
}

TEST_F(Directory, AMessageThatAnnouncesFourGigabytesIsRefused) {
  OddServer server(floodsWith(std::string("\x30\x84\xff\xff\xff\xf0", 6)));
  EXPECT_FALSE(bind(server));
}

TEST_F(Directory, ASilentKdcCostsTheDeadline) {
  OddServer server(saysNothing);
  const auto ticket = authenticate(server);
  ASSERT_FALSE(ticket);
  EXPECT_EQ(ticket.error().kind, ErrorKind::fault) << ticket.error().message();
}

TEST_F(Directory, AnAnswerOfAKdcIsBounded) {
  OddServer server(floodsWith(std::string("\x7f\xff\xff\xff", 4)));
  const auto ticket = authenticate(server);
  ASSERT_FALSE(ticket);
  EXPECT_EQ(ticket.error().kind, ErrorKind::input);
  EXPECT_THAT(ticket.error().message(), HasSubstr("announces an answer of 2147483647 bytes"));
}

TEST_F(Directory, GarbageOfAKdcIsAWrongAnswer) {
  OddServer server(floodsWith(std::string("\x00\x00\x00\x08garbage!", 12)));
  const auto ticket = authenticate(server);
  ASSERT_FALSE(ticket);
  EXPECT_EQ(ticket.error().kind, ErrorKind::input) << ticket.error().message();
}

TEST(DirectoryClients, NameTheSettingThatIsMissing) {
  const auto adds = makeAddsClient({.server = "10.77.0.1", .settings = {}});
  ASSERT_FALSE(adds);
  EXPECT_THAT(adds.error().message(), HasSubstr("lacks realm"));
  const auto files = makeFileServerClient({.server = "10.77.0.1",
                                           .settings = {{"domain", "HOTGATE"},
                                                        {"user", "probe"},
                                                        {"password", "secret"},
                                                        {"share", "data"},
                                                        {"encrypted_share", "sealed"},
                                                        {"large_mib", "a few"},
                                                        {"small_files", "20"}}});
  ASSERT_FALSE(files);
  EXPECT_THAT(files.error().message(), HasSubstr("large_mib is \"a few\""));
}

} // namespace
} // namespace hotgate::harness
