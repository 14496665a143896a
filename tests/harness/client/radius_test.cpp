// RADIUS: the RFCs' examples, answers that are not right, and the client against a server in this process.
#include "harness/client/clients/ms_chap.h"
#include "harness/client/clients/radius_client.h"
#include "harness/client/clients/radius_packet.h"
#include "harness/vm/file_descriptor.h"

#include <arpa/inet.h>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace hotgate::harness {
namespace {

using testing::HasSubstr;
using Bytes = std::vector<uint8_t>;

Bytes hex(const std::string &text) {
  Bytes bytes;
  for (size_t at = 0; at + 1 < text.size(); at += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoi(text.substr(at, 2), nullptr, 16)));
  return bytes;
}

template <size_t size> std::array<uint8_t, size> fixed(const std::string &text) {
  std::array<uint8_t, size> bytes{};
  const Bytes read = hex(text);
  std::copy(read.begin(), read.end(), bytes.begin());
  return bytes;
}

// RFC 2865 7.1.
const std::string secret = "xyzzy5461";
const Bytes exampleAccept = hex("0200002686fe220e7624ba2a1005f6bf9b55e0b20606000000010f06000000000e06c0a80103");

RadiusPacket exampleRequest() { return {1, 0, fixed<16>("0f403f9473978057bd83d5cb98f4227a"), {}}; }

TEST(RadiusPacketOf, Rfc2865HidesItsPassword) {
  EXPECT_EQ(hiddenPassword("arctangent", secret, exampleRequest().authenticator),
            hex("0dbe708d93d413ce3196e43f782a0aee"));
}

TEST(RadiusPacketOf, ALongPasswordIsHiddenInBlocks) {
  const Bytes hidden = hiddenPassword(std::string(17, 'p'), secret, exampleRequest().authenticator);
  EXPECT_EQ(hidden.size(), 32U);
}

TEST(RadiusPacketOf, Rfc2865AnswersRight) {
  const auto response = parseRadiusResponse(exampleAccept, exampleRequest(), secret, false);
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->code, 2);
  EXPECT_EQ(response->find(14), hex("c0a80103"));
}

TEST(RadiusPacketOf, AnAnswerMustBeOfTheRequestAndTheSecret) {
  EXPECT_THAT(parseRadiusResponse(exampleAccept, exampleRequest(), "xyzzy5462", false).error().reason,
              HasSubstr("response authenticator"));
  Bytes tampered = exampleAccept;
  tampered.back() ^= 1U;
  EXPECT_FALSE(parseRadiusResponse(tampered, exampleRequest(), secret, false));
  RadiusPacket other = exampleRequest();
  other.identifier = 7;
  EXPECT_THAT(parseRadiusResponse(exampleAccept, other, secret, false).error().reason, HasSubstr("request 7"));
}

TEST(RadiusPacketOf, AMessageAuthenticatorIsDemandedAndChecked) {
  EXPECT_THAT(parseRadiusResponse(exampleAccept, exampleRequest(), secret, true).error().reason,
              HasSubstr("has no Message-Authenticator"));
  RadiusPacket accept;
  accept.code = 2;
  accept.add(18, std::string("welcome"));
  const Bytes sealed = sealedResponse(accept, exampleRequest(), secret, true);
  ASSERT_TRUE(parseRadiusResponse(sealed, exampleRequest(), secret, true));
  // A response authenticator that fits, around a Message-Authenticator that does not.
  accept.attributes.insert(accept.attributes.begin(), {radiusMessageAuthenticator, Bytes(16, 0x5A)});
  const Bytes forged = sealedResponse(accept, exampleRequest(), secret, false);
  EXPECT_THAT(parseRadiusResponse(forged, exampleRequest(), secret, true).error().reason,
              HasSubstr("Message-Authenticator is not"));
}

TEST(RadiusPacketOf, NoPrefixOfAnAnswerIsOne) {
  for (size_t size = 0; size < exampleAccept.size(); ++size) {
    Bytes cut(exampleAccept.begin(), exampleAccept.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(parseRadius(cut));
    if (size < 4)
      continue;
    cut[3] = static_cast<uint8_t>(size); // and says so
    EXPECT_EQ(parseRadius(cut).has_value(), size == 20 || size == 26 || size == 32) << size;
  }
  Bytes endless = exampleAccept;
  endless[21] = 0; // an attribute without a length
  EXPECT_FALSE(parseRadius(endless));
}

TEST(RadiusPacketOf, MicrosoftsAttributesMayShareOne) {
  RadiusPacket packet;
  packet.add(26, hex("00000137"
                     "0a03aa"
                     "1a04bbcc"));
  EXPECT_EQ(packet.findMicrosoft(26), hex("bbcc"));
  EXPECT_EQ(packet.findMicrosoft(2), std::nullopt);
  RadiusPacket broken;
  broken.add(26, hex("00000137"
                     "1a00bbcc"));
  EXPECT_EQ(broken.findMicrosoft(26), std::nullopt);
}

// RFC 2759 9.2.
TEST(MsChap, AnswersAsItsRfcDoes) {
  const MsChapChallenges challenges{fixed<16>("5B5D7C7D7B3F2F3E3C2C602132262628"),
                                    fixed<16>("21402324255E262A28295F2B3A337C7E")};
  const auto answer = answerMsChap("User", "clientPass", challenges);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->response, fixed<24>("82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF"));
  EXPECT_EQ(answer->proof, "S=407A5589115FD0D6209F510FE9C04566932CDA56");
  EXPECT_EQ(answerMsChap("DOMAIN\\User", "clientPass", challenges)->proof, answer->proof);
}

// A server on a loopback address of this process's own: RADIUS has fixed ports.
class Server {
public:
  // The answer to a request; "" for none.
  using Answer = std::function<Bytes(const RadiusPacket &request)>;
  explicit Server(Answer answer) : answer_(std::move(answer)) {
    address_ = fmt::format("127.77.{}.{}", 1 + getpid() / 250 % 250, 1 + getpid() % 250);
    for (const uint16_t port : {1812, 1813})
      threads_.emplace_back([this, port] { serve(port); });
    while (ready_ < 2)
      std::this_thread::yield();
  }
  ~Server() {
    ended_ = true;
    for (std::thread &thread : threads_)
      thread.join();
  }
  [[nodiscard]] const std::string &address() const { return address_; }

private:
  void serve(uint16_t port) {
    const FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const timeval tick{0, 20'000};
    setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof tick);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, address_.c_str(), &address.sin_addr);
    EXPECT_EQ(bind(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address), 0);
    ++ready_;
    std::array<uint8_t, longestRadiusPacket> buffer{};
    while (!ended_) {
      sockaddr_in from{};
      socklen_t length = sizeof from;
      const ssize_t count =
          recvfrom(socket.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr *>(&from), &length);
      const auto request = parseRadius({buffer.data(), static_cast<size_t>(std::max<ssize_t>(count, 0))});
      const Bytes reply = request ? answer_(*request) : Bytes();
      if (!reply.empty())
        sendto(socket.get(), reply.data(), reply.size(), 0, reinterpret_cast<const sockaddr *>(&from), length);
    }
  }

  Answer answer_;
  std::string address_;
  std::atomic<int> ready_ = 0;
  std::atomic<bool> ended_ = false;
  std::vector<std::thread> threads_;
};

const std::string password = "Gate-Keeper-2";

// Knows one user, whom it lets in by PAP; takes accounting.
Bytes soundAnswer(const RadiusPacket &request) {
  RadiusPacket response;
  if (request.code == 4) {
    response.code = 5;
    return sealedResponse(response, request, secret, false);
  }
  const bool isRight = request.find(2) == hiddenPassword(password, secret, request.authenticator);
  response.code = isRight ? 2 : 3;
  if (isRight)
    response.add(18, std::string("welcome"));
  return sealedResponse(response, request, secret, true);
}

Outcome ask(const Server &server, const std::string &exchange) {
  const auto client = makeRadiusClient(
      {.server = server.address(),
       .settings = {{"secret", secret}, {"user", "nemo"}, {"password", password}, {"reply", "welcome"}}});
  return (*client)->perform(exchange, after(std::chrono::milliseconds(500)));
}

TEST(RadiusClient, IsRightWithASoundServer) {
  Server server(soundAnswer);
  for (const char *exchange : {"pap-accept", "pap-reject", "accounting"})
    EXPECT_EQ(ask(server, exchange).text, "") << exchange;
}

TEST(RadiusClient, SaysWhatIsWrong) {
  Server server([](const RadiusPacket &request) {
    RadiusPacket response;
    response.code = 2;
    response.add(18, std::string("somebody"));
    return sealedResponse(response, request, secret, true);
  });
  EXPECT_THAT(ask(server, "pap-accept").text, HasSubstr("expected Reply-Message \"welcome\", got \"somebody\""));
  EXPECT_THAT(ask(server, "pap-reject").text, HasSubstr("expected code 3, got 2"));
  EXPECT_THAT(ask(server, "accounting").text, HasSubstr("expected code 5, got 2"));
  EXPECT_EQ(ask(server, "mschapv2-accept").kind, Outcome::Kind::wrong);
}

TEST(RadiusClient, TakesNoProofThatIsNone) {
  Server server([](const RadiusPacket &request) {
    RadiusPacket response;
    response.code = 2;
    response.add(18, std::string("welcome"));
    Bytes proof{request.identifier};
    for (const char character : std::string("S=0123456789ABCDEF0123456789ABCDEF01234567"))
      proof.push_back(static_cast<uint8_t>(character));
    response.addMicrosoft(26, proof);
    return sealedResponse(response, request, secret, true);
  });
  EXPECT_THAT(ask(server, "mschapv2-accept").text, HasSubstr("not that of one who knows the password"));
}

TEST(RadiusClient, GarbageIsWrong) {
  Server garbage([](const RadiusPacket &) { return Bytes(100, 0xFF); });
  EXPECT_EQ(ask(garbage, "pap-accept").kind, Outcome::Kind::wrong);
}

TEST(RadiusClient, SilenceIsUnanswered) {
  Server silent([](const RadiusPacket &) { return Bytes(); });
  EXPECT_EQ(ask(silent, "pap-accept").kind, Outcome::Kind::unanswered);
}

} // namespace
} // namespace hotgate::harness
