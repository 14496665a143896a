#include "harness/client/clients/radius_client.h"

#include "harness/client/clients/client_error.h"
#include "harness/client/clients/ms_chap.h"
#include "harness/client/clients/radius_packet.h"
#include "harness/client/clients/server_socket.h"

#include <algorithm>
#include <openssl/rand.h>

namespace hotgate::harness {
namespace {

enum Attribute : uint8_t {
  userName = 1,
  userPassword = 2,
  nasIpAddress = 4,
  replyMessage = 18,
  acctStatusType = 40,
  acctSessionId = 44,
};
enum MicrosoftAttribute : uint8_t { chapError = 2, chapChallenge = 11, chap2Response = 25, chap2Success = 26 };

constexpr uint16_t authenticationPort = 1812;
constexpr uint16_t accountingPort = 1813;

struct RadiusSettings {
  std::string secret;
  std::string user;
  std::string password;
  std::string reply; // the Reply-Message of an accept
};

std::string textOf(const std::optional<std::vector<uint8_t>> &value) {
  return value ? std::string(value->begin(), value->end()) : std::string("none");
}

class RadiusClient : public RoleClient {
public:
  RadiusClient(const ClientSetup &setup, RadiusSettings settings)
      : server_(setup.server), number_(setup.number), settings_(std::move(settings)) {}

  [[nodiscard]] std::vector<std::string> exchanges() const override {
    return {"accounting", "mschapv2-accept", "mschapv2-reject", "pap-accept", "pap-reject"};
  }
  Outcome perform(const std::string &exchange, Deadline deadline) override {
    return outcomeOf(ask(exchange, deadline));
  }

private:
  Result<> ask(const std::string &exchange, Deadline deadline);
  Result<> pap(const std::string &password, RadiusCode expected, Deadline deadline);
  Result<> msChap(const std::string &password, RadiusCode expected, Deadline deadline);
  Result<> checkMsChap(const RadiusPacket &response, RadiusCode expected, uint8_t identifier,
                       const std::string &proof) const;
  Result<> accounting(Deadline deadline);
  Result<> accountingRecord(uint32_t status, const std::string &session, Deadline deadline);

  // A request of this code from a NAS of this address, with a fresh authenticator.
  [[nodiscard]] Result<RadiusPacket> request(RadiusCode code);
  [[nodiscard]] Result<RadiusPacket> accessResponse(const RadiusPacket &request, RadiusCode expected,
                                                    Deadline deadline) const;
  [[nodiscard]] Result<RadiusPacket> exchangeOnce(const RadiusPacket &request, const std::vector<uint8_t> &bytes,
                                                  uint16_t port, Deadline deadline) const;
  [[nodiscard]] Result<> checkCode(const RadiusPacket &response, RadiusCode expected) const;

  std::string server_;
  int number_;
  RadiusSettings settings_;
  uint8_t lastIdentifier_ = 0;
  int lastSession_ = 0;
};

Result<> RadiusClient::ask(const std::string &exchange, Deadline deadline) {
  const std::string wrongPassword = settings_.password + "-wrong";
  if (exchange == "pap-accept")
    return pap(settings_.password, RadiusCode::accessAccept, deadline);
  if (exchange == "pap-reject")
    return pap(wrongPassword, RadiusCode::accessReject, deadline);
  if (exchange == "mschapv2-accept")
    return msChap(settings_.password, RadiusCode::accessAccept, deadline);
  if (exchange == "mschapv2-reject")
    return msChap(wrongPassword, RadiusCode::accessReject, deadline);
  if (exchange == "accounting")
    return accounting(deadline);
  return failInput("RADIUS client", "", "knows no exchange " + exchange);
}

Result<RadiusPacket> RadiusClient::request(RadiusCode code) {
  RadiusPacket packet;
  packet.code = static_cast<uint8_t>(code);
  packet.identifier = ++lastIdentifier_;
  if (RAND_bytes(packet.authenticator.data(), static_cast<int>(packet.authenticator.size())) != 1)
    return failFault("OpenSSL", "RAND_bytes", "gives no random bytes");
  packet.add(userName, settings_.user);
  packet.add(nasIpAddress, uint32_t{0x7F000001});
  return packet;
}

Result<RadiusPacket> RadiusClient::exchangeOnce(const RadiusPacket &request, const std::vector<uint8_t> &bytes,
                                                uint16_t port, Deadline deadline) const {
  HOTGATE_TRY(ServerSocket socket, ServerSocket::connect(server_, port, ServerSocket::Transport::udp, deadline));
  HOTGATE_CHECK(socket.send(bytes, deadline));
  HOTGATE_TRY(const std::vector<uint8_t> answer, socket.receiveDatagram(longestRadiusPacket + 1, deadline));
  const bool demandSeal = request.code == static_cast<uint8_t>(RadiusCode::accessRequest);
  return parseRadiusResponse(answer, request, settings_.secret, demandSeal);
}

Result<> RadiusClient::checkCode(const RadiusPacket &response, RadiusCode expected) const {
  if (response.code != static_cast<uint8_t>(expected))
    return wrongAnswer("RADIUS",
                       fmt::format("expected code {}, got {} with Reply-Message \"{}\"", static_cast<int>(expected),
                                   response.code, textOf(response.find(replyMessage))));
  return {};
}

Result<RadiusPacket> RadiusClient::accessResponse(const RadiusPacket &request, RadiusCode expected,
                                                  Deadline deadline) const {
  HOTGATE_TRY(RadiusPacket response,
              exchangeOnce(request, sealedAccessRequest(request, settings_.secret), authenticationPort, deadline));
  HOTGATE_CHECK(checkCode(response, expected));
  const std::string reply = textOf(response.find(replyMessage));
  if (expected == RadiusCode::accessAccept && reply != settings_.reply)
    return wrongAnswer("RADIUS", fmt::format("expected Reply-Message \"{}\", got \"{}\"", settings_.reply, reply));
  return response;
}

Result<> RadiusClient::pap(const std::string &password, RadiusCode expected, Deadline deadline) {
  HOTGATE_TRY(RadiusPacket packet, request(RadiusCode::accessRequest));
  packet.add(userPassword, hiddenPassword(password, settings_.secret, packet.authenticator));
  HOTGATE_CHECK(accessResponse(packet, expected, deadline));
  return {};
}

Result<> RadiusClient::msChap(const std::string &password, RadiusCode expected, Deadline deadline) {
  HOTGATE_TRY(RadiusPacket packet, request(RadiusCode::accessRequest));
  MsChapChallenges challenges;
  for (auto *challenge : {&challenges.server, &challenges.client})
    if (RAND_bytes(challenge->data(), static_cast<int>(challenge->size())) != 1)
      return failFault("OpenSSL", "RAND_bytes", "gives no random bytes");
  HOTGATE_TRY(const MsChapAnswer answer, answerMsChap(settings_.user, password, challenges));
  // RFC 2548 2.3.2: identifier, flags, the client's challenge, eight bytes of zeros, the response.
  std::vector<uint8_t> value{packet.identifier, 0};
  value.insert(value.end(), challenges.client.begin(), challenges.client.end());
  value.resize(value.size() + 8);
  value.insert(value.end(), answer.response.begin(), answer.response.end());
  packet.addMicrosoft(chapChallenge, challenges.server);
  packet.addMicrosoft(chap2Response, value);
  HOTGATE_TRY(const RadiusPacket response, accessResponse(packet, expected, deadline));
  return checkMsChap(response, expected, packet.identifier, answer.proof);
}

Result<> RadiusClient::checkMsChap(const RadiusPacket &response, RadiusCode expected, uint8_t identifier,
                                   const std::string &proof) const {
  if (expected == RadiusCode::accessReject) {
    // "E=691 R=0 C=... V=3": authentication failure.
    const auto error = response.findMicrosoft(chapError);
    if (textOf(error).find("E=691") == std::string::npos)
      return wrongAnswer("MS-CHAPv2", fmt::format("expected MS-CHAP-Error E=691, got \"{}\"", textOf(error)));
    return {};
  }
  const auto success = response.findMicrosoft(chap2Success);
  if (!success || success->empty())
    return wrongAnswer("MS-CHAPv2", "the accept has no MS-CHAP2-Success");
  if (success->front() != identifier ||
      std::string(success->begin() + 1, success->end()).substr(0, proof.size()) != proof)
    return wrongAnswer("MS-CHAPv2", "the server's proof is not that of one who knows the password");
  return {};
}

Result<> RadiusClient::accounting(Deadline deadline) {
  constexpr uint32_t start = 1;
  constexpr uint32_t stop = 2;
  const std::string session = fmt::format("hotgate-{}-{}", number_, ++lastSession_);
  HOTGATE_CHECK(accountingRecord(start, session, deadline));
  return accountingRecord(stop, session, deadline);
}

Result<> RadiusClient::accountingRecord(uint32_t status, const std::string &session, Deadline deadline) {
  HOTGATE_TRY(RadiusPacket packet, request(RadiusCode::accountingRequest));
  packet.add(acctStatusType, status);
  packet.add(acctSessionId, session);
  const std::vector<uint8_t> bytes = sealedAccountingRequest(packet, settings_.secret);
  HOTGATE_TRY(const RadiusPacket response, exchangeOnce(packet, bytes, accountingPort, deadline));
  return checkCode(response, RadiusCode::accountingResponse);
}

} // namespace

Result<std::unique_ptr<RoleClient>> makeRadiusClient(const ClientSetup &setup) {
  RadiusSettings settings;
  HOTGATE_TRY(settings.secret, requiredSetting(setup, "secret"));
  HOTGATE_TRY(settings.user, requiredSetting(setup, "user"));
  HOTGATE_TRY(settings.password, requiredSetting(setup, "password"));
  HOTGATE_TRY(settings.reply, requiredSetting(setup, "reply"));
  // What is longer does not fit into its attribute.
  if (settings.user.size() > 64 || settings.password.size() > 100)
    return failInput("role file", "settings", "user or password is too long", "use at most 64 and 100 characters");
  return std::make_unique<RadiusClient>(setup, std::move(settings));
}

} // namespace hotgate::harness
