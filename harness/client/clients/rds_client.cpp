#include "harness/client/clients/rds_client.h"

#include "harness/client/clients/client_error.h"
#include "harness/client/clients/rdp_session.h"
#include "harness/client/clients/x224_negotiation.h"

namespace hotgate::harness {
namespace {

constexpr uint32_t leastVersion = 0x00080004; // RDP 5.0

struct RdsSettings {
  RdpServer server;
  uint32_t refusal = 1;
  size_t colors = 4;
};

class RdsClient : public RoleClient {
public:
  explicit RdsClient(RdsSettings settings) : settings_(std::move(settings)) {}

  [[nodiscard]] std::vector<std::string> exchanges() const override { return {"login", "negotiate", "refusal"}; }
  Outcome perform(const std::string &exchange, Deadline deadline) override {
    return outcomeOf(ask(exchange, deadline));
  }

private:
  Result<> ask(const std::string &exchange, Deadline deadline) const {
    if (exchange == "negotiate")
      return mustConfirm(rdpTls, {false, rdpTls}, deadline);
    if (exchange == "refusal")
      return mustConfirm(rdpStandard, {true, settings_.refusal}, deadline);
    if (exchange == "login")
      return login(deadline);
    return failInput("RDS client", "", "knows no exchange " + exchange);
  }

  Result<> mustConfirm(uint32_t offered, X224Confirm expected, Deadline deadline) const {
    const auto textOf = [](const X224Confirm &confirm) {
      return fmt::format("{} {}", confirm.isRefusal ? "failure code" : "protocol", confirm.value);
    };
    HOTGATE_TRY(ServerSocket socket, ServerSocket::connect(settings_.server.address, settings_.server.port,
                                                           ServerSocket::Transport::tcp, deadline));
    HOTGATE_TRY(const X224Confirm got, negotiate(socket, offered, deadline));
    if (got.isRefusal != expected.isRefusal || got.value != expected.value)
      return wrongAnswer(
          "RDP", fmt::format("expected {} for protocols {:#x}, got {}", textOf(expected), offered, textOf(got)));
    return {};
  }

  Result<> login(Deadline deadline) const {
    HOTGATE_TRY(const LoginScreen screen, openLoginScreen(settings_.server, settings_.colors, deadline));
    if (screen.protocolVersion < leastVersion)
      return wrongAnswer(
          "RDP", fmt::format("expected version {:#x} or later, got {:#x}", leastVersion, screen.protocolVersion));
    if (screen.securityProtocol != rdpTls || screen.encryptionLevel != 0)
      return wrongAnswer("RDP",
                         fmt::format("expected protocol {} without encryption of its own, got {} with level {}",
                                     static_cast<uint32_t>(rdpTls), screen.securityProtocol, screen.encryptionLevel));
    if (screen.colors < settings_.colors)
      return noAnswer(
          "RDP", fmt::format("the login screen has {} of {} colors at the deadline", screen.colors, settings_.colors));
    return {};
  }

  RdsSettings settings_;
};

} // namespace

Result<std::unique_ptr<RoleClient>> makeRdsClient(const ClientSetup &setup) {
  RdsSettings read;
  read.server.address = setup.server;
  HOTGATE_TRY(const int port, requiredNumber(setup, "port", 1, 65535));
  read.server.port = static_cast<uint16_t>(port);
  HOTGATE_TRY(read.server.certificate, requiredSetting(setup, "certificate"));
  HOTGATE_TRY(const int refusal, requiredNumber(setup, "refusal", 1, 6));
  read.refusal = static_cast<uint32_t>(refusal);
  HOTGATE_TRY(const int colors, requiredNumber(setup, "colors", 1, 1000));
  read.colors = static_cast<size_t>(colors);
  return std::make_unique<RdsClient>(std::move(read));
}

} // namespace hotgate::harness
