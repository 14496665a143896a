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
constexpr milliseconds longSpan{10'000}; // for an end that comes by itself, on a busy machine too
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

std::string asn1(unsigned char tag, const std::string &content) {
  std::string length{static_cast<char>(content.size())};
  if (content.size() > 127)
    length = {'\x82', static_cast<char>(content.size() >> 8U), static_cast<char>(content.size())};
  return static_cast<char>(tag) + length + content;
}
std::string asn1Number(char value) { return asn1(0x02, {value}); }
std::string asn1Text(const std::string &text) { return asn1(0x1b, text); }

// An LDAP message: its id, and an operation or an answer. The result of one: a code, no name, no text.
std::string ldapMessage(char id, const std::string &operation) { return asn1(0x30, asn1Number(id) + operation); }
std::string ldapResult(char code, const std::string &more = "") {
  return asn1(0x0a, {code}) + asn1(0x04, "") + asn1(0x04, "") + more;
}
const std::string entryOfSearch = asn1(0x64, asn1(0x04, "cn=somebody") + asn1(0x30, ""));
const std::string referenceOfSearch = asn1(0x73, asn1(0x04, "ldap://127.0.0.1/cn=elsewhere"));

// To each request what `answer` makes of its message id.
OddServer::Script answersEach(std::function<std::string(char id)> answer) {
  return [answer = std::move(answer)](int connection) {
    for (;;) {
      const std::string request = receiveSome(connection);
      const size_t id = request.find("\x02\x01") + 2;
      if (request.size() <= id || !sendAll(connection, answer(request[id])))
        return;
    }
  };
}

// KRB-ERROR, RFC 4120 5.9.1, in its frame.
std::string kdcError(char code, const std::string &realm = "", const std::string &details = "") {
  const std::string principal =
      asn1(0x30, asn1(0xa0, asn1Number(2)) + asn1(0xa1, asn1(0x30, asn1Text("krbtgt") + asn1Text("HOTGATE.TEST"))));
  const std::string fields = asn1(0xa0, asn1Number(5)) + asn1(0xa1, asn1Number(30)) +
                             asn1(0xa4, asn1(0x18, "20261122020000Z")) + asn1(0xa5, asn1Number(0)) +
                             asn1(0xa6, asn1Number(code)) + realm + asn1(0xa9, asn1Text("HOTGATE.TEST")) +
                             asn1(0xaa, principal) + details;
  const std::string message = asn1(0x7e, asn1(0x30, fields));
  return std::string(2, '\0') + static_cast<char>(message.size() >> 8U) + static_cast<char>(message.size()) + message;
}

class Directory : public testing::Test {
protected:
  void SetUp() override { begun_ = Clock::now(); }
  void TearDown() override { EXPECT_LT(Clock::now() - begun_, span + busyMachine); }

  static Result<LdapSession> boundSession(const OddServer &server, Deadline deadline) {
    HOTGATE_TRY(LdapSession session,
                LdapSession::open(fmt::format("ldap://127.0.0.1:{}", server.port()), "", deadline));
    HOTGATE_CHECK(session.simpleBind("cn=probe", "password", deadline));
    return session;
  }
  static Result<std::vector<LdapEntry>> search(const OddServer &server) {
    const Deadline deadline = after(longSpan);
    HOTGATE_TRY(LdapSession session, boundSession(server, deadline));
    return session.search({.base = "cn=probe", .attributes = {"cn"}}, deadline);
  }
  static Result<int> bind(const OddServer &server, const char *scheme = "ldap", milliseconds within = span) {
    const Deadline deadline = after(within);
    HOTGATE_TRY(LdapSession session, LdapSession::open(fmt::format("{}://127.0.0.1:{}", scheme, server.port()),
                                                       *decodeBase64(certificate), deadline));
    return session.simpleBind("cn=probe", "password", deadline);
  }
  static Result<> authenticate(const OddServer &server, milliseconds within = span) {
    HOTGATE_TRY(Kerberos kerberos, Kerberos::open("127.0.0.1", "HOTGATE.TEST", server.port()));
    return kerberos.authenticate({"probe", "password"}, encryptionTypeOf("aes256"), after(within));
  }

private:
  Deadline begun_;
};

TEST_F(Directory, ABindIsAnswered) {
  OddServer server(says(bindSuccess));
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
  OddServer server(drips("x", std::string("\x16\x03\x03\x40\x00", 5))); // a record of 16 KiB
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

// libldap passes over what was not asked for, and keeps some of it, for as long as anything comes.
TEST_F(Directory, AFloodOfAnswersThatNobodyAskedForIsEnded) {
  const std::string notification = ldapMessage(0, asn1(0x78, ldapResult(0)));
  for (const std::string &flood : {ldapMessage(99, asn1(0x61, ldapResult(0))), notification}) {
    OddServer server(floodsWith(flood));
    const auto bound = bind(server, "ldap", longSpan);
    ASSERT_FALSE(bound);
    EXPECT_EQ(bound.error().kind, ErrorKind::input);
    EXPECT_THAT(bound.error().reason, HasSubstr("more than was asked for: "));
  }
}

TEST_F(Directory, LengthsBeyondTheMessageAreRefused) {
  for (const std::string &bytes :
       {std::string("\x30\x0c\x02\x01\x01\x61\x84\xff\xff\xff\xff\x00\x04\x00", 14), // the operation's
        std::string("\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x7f\x04\x00", 14), // the name's
        std::string("\x30\x80\x02\x01\x01\x61\x80\x0a\x01\x00\x04\x00\x04\x00", 14), // none: indefinite
        std::string("\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff", 10), std::string(10'000, '\x30')}) {
    OddServer server(saysAndCloses(bytes));
    EXPECT_FALSE(bind(server)) << testing::PrintToString(bytes.substr(0, 14));
  }
}

TEST_F(Directory, AServerThatClosesIsNoAnswer) {
  OddServer server(closesAtOnce);
  const auto bound = bind(server, "ldap", longSpan);
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().kind, ErrorKind::fault) << bound.error().message();
  OddServer cutting(saysAndCloses(bindSuccess.substr(0, 9)));
  EXPECT_FALSE(bind(cutting, "ldap", longSpan));
}

TEST_F(Directory, AMessageThatDripsCostsTheDeadline) {
  OddServer server(drips("x", std::string("\x30\x82\x40\x00", 4)));
  const auto bound = bind(server);
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().kind, ErrorKind::fault) << bound.error().message();
}

TEST_F(Directory, AReferralOfABindIsNotFollowed) {
  const std::string referral = asn1(0xa3, asn1(0x04, "ldap://127.0.0.1/"));
  std::atomic<int> connections = 0;
  OddServer server([&](int connection) {
    ++connections;
    answersEach([&](char id) { return ldapMessage(id, asn1(0x61, ldapResult(LDAP_REFERRAL, referral))); })(connection);
  });
  EXPECT_EQ(bind(server, "ldap", longSpan).value_or(-1), LDAP_REFERRAL);
  EXPECT_EQ(connections, 1);
}

TEST_F(Directory, ASearchWithoutAnEndIsEnded) {
  for (const auto &[flood, reason] :
       {std::pair(entryOfSearch, "more than 20000 entries"), std::pair(referenceOfSearch, "more than was asked for")}) {
    OddServer server(answersEach([&, count = 0](char id) mutable {
      std::string answers = ldapMessage(id, asn1(0x61, ldapResult(0)));
      if (++count == 1)
        return answers;
      answers.clear();
      for (int number = 0; number < 60'000; ++number)
        answers += ldapMessage(id, flood);
      return answers;
    }));
    const auto found = search(server);
    ASSERT_FALSE(found);
    EXPECT_THAT(found.error().reason, HasSubstr(reason));
  }
}

// A page of one entry after the other, each with the promise of one more.
TEST_F(Directory, PagesWithoutAnEndAreEnded) {
  const std::string cookie = asn1(0x30, asn1Number(0) + asn1(0x04, "more"));
  const std::string page = asn1(0xa0, asn1(0x30, asn1(0x04, LDAP_CONTROL_PAGEDRESULTS) + asn1(0x04, cookie)));
  OddServer server(answersEach([&, count = 0](char id) mutable {
    if (++count == 1)
      return ldapMessage(id, asn1(0x61, ldapResult(0)));
    return ldapMessage(id, entryOfSearch) + asn1(0x30, asn1Number(id) + asn1(0x65, ldapResult(0)) + page);
  }));
  const Deadline deadline = after(span);
  LdapSession session = boundSession(server, deadline).value();
  int pages = 0;
  EXPECT_FALSE(session.pagedSearch({.base = "cn=probe", .attributes = {"cn"}}, 1, pages, deadline));
  EXPECT_GT(pages, 1);
}

TEST_F(Directory, AnAnswerOfAKdcMayNotPointBeyondItself) {
  for (const std::string &message :
       {std::string("\x7e\x84\xff\xff\xff\xff\x30\x00", 8), std::string("\x6b\x84\x7f\xff\xff\xff\x30\x00", 8),
        std::string("\x6b\x80\x30\x80\xa0\x80\x00\x00", 8), std::string(60'000, '\x30')}) {
    OddServer server(saysAndCloses(std::string(2, '\0') + static_cast<char>(message.size() >> 8U) +
                                   static_cast<char>(message.size()) + message));
    const auto ticket = authenticate(server, longSpan);
    ASSERT_FALSE(ticket);
    EXPECT_EQ(ticket.error().kind, ErrorKind::input) << ticket.error().message();
  }
}

TEST_F(Directory, AKdcThatClosesOrDripsIsNoAnswer) {
  OddServer closing(closesAtOnce);
  EXPECT_EQ(authenticate(closing, longSpan).error().kind, ErrorKind::fault);
  OddServer cutting(saysAndCloses(kdcError(6).substr(0, 40)));
  EXPECT_THAT(authenticate(cutting, longSpan).error().reason, HasSubstr("closed the connection after 36 of"));
  OddServer dripping(drips("x", std::string("\x00\x00\x40\x00", 4)));
  EXPECT_THAT(authenticate(dripping).error().reason, HasSubstr("no answer within the deadline"));
}

// Asked for more, or sent elsewhere, again and again.
TEST_F(Directory, AKdcThatNeverComesToAnEndIsEnded) {
  const std::string elsewhere = asn1(0xa7, asn1Text("ELSEWHERE.TEST"));
  const std::string salts = asn1(0x30, asn1(0x30, asn1(0xa0, asn1Number(18)) + asn1(0xa1, asn1Text("salt"))));
  const std::string methods = asn1(0x30, asn1(0x30, asn1(0xa1, asn1Number(2)) + asn1(0xa2, asn1(0x04, ""))) +
                                             asn1(0x30, asn1(0xa1, asn1Number(19)) + asn1(0xa2, asn1(0x04, salts))));
  for (const auto &[answer, reason] :
       {std::pair(kdcError(25), "Additional pre-authentication required"),
        std::pair(kdcError(25, "", asn1(0xac, asn1(0x04, methods))), "still asks for more after 10 messages"),
        std::pair(kdcError(52), "Response too big for UDP"),
        std::pair(kdcError(68, elsewhere), "expected a ticket for probe, got:"),
        std::pair(kdcError(6), "not found in Kerberos database")}) {
    std::atomic<int> messages = 0;
    OddServer server([&](int connection) {
      ++messages;
      saysAndCloses(answer)(connection);
    });
    const auto ticket = authenticate(server, longSpan);
    ASSERT_FALSE(ticket);
    EXPECT_EQ(ticket.error().kind, ErrorKind::input);
    EXPECT_THAT(ticket.error().reason, HasSubstr(reason));
    EXPECT_LE(messages, 10);
  }
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
