// The DHCP role's probe against Kea: every exchange is answered rightly by a real server, and each way of breaking that
// server is seen.
#include "harness/roles/dhcp_probe.h"
#include "tests/harness/kea/kea_server.h"

#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotgate::harness {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

// Kea answers within milliseconds; a busy machine may not run it for a second or two.
DhcpRole keaRole() {
  DhcpRole role = readDhcpRole(std::filesystem::path(HOTGATE_ROLES) / "dhcp.yaml").value();
  role.settle = milliseconds(300);
  return role;
}

class Kea : public testing::Test {
protected:
  void start(const std::string &configuration = keaConfiguration()) {
    server.emplace(configuration, role.guestAddress);
    link = server->takeLink();
    ASSERT_NE(link, nullptr);
    probe.emplace(*link, role);
    EXPECT_EQ(firstFaultOnceItAnswers(), "") << server->output();
  }
  // It takes its first packet some time after it has started: until then requests are lost.
  std::string firstFaultOnceItAnswers() {
    DhcpRole impatient = role;
    impatient.deadline = milliseconds(250);
    std::string fault;
    for (int attempt = 0; attempt < 80; ++attempt)
      if (fault = DhcpProbe(*link, impatient).health()->fault; fault.find("unanswered") == std::string::npos)
        break;
    return fault;
  }
  SoakReport soak(int64_t requests, int clients) {
    DhcpProbe crowd(*link, role, {}, {.requests = requests, .clients = clients});
    return crowd.soak([](int64_t) { return Result<>(); }).value();
  }

  DhcpRole role = keaRole();
  std::optional<KeaServer> server;
  std::unique_ptr<Link> link;
  std::optional<DhcpProbe> probe;
};

TEST_F(Kea, AnswersEveryExchangeRightly) {
  ASSERT_NO_FATAL_FAILURE(start());
  const ProbeReport smoke = probe->smoke().value();
  EXPECT_EQ(smoke.fault, "") << server->output();
  EXPECT_EQ(smoke.tallies.size(), 9U);
  const SoakReport load = soak(300, 8);
  EXPECT_EQ(load.fault, "") << server->output();
  EXPECT_EQ(load.transactions, 300);
  EXPECT_EQ(probe->smoke()->fault, "");
}

TEST_F(Kea, StoppedForGoodIsSilent) {
  ASSERT_NO_FATAL_FAILURE(start());
  role.deadline = milliseconds(500);
  probe.emplace(*link, role);
  ASSERT_NO_FATAL_FAILURE(server->signal(SIGSTOP));
  EXPECT_THAT(probe->smoke()->fault, HasSubstr("unanswered"));
  EXPECT_TRUE(soak(50, 4).hung);
}

TEST_F(Kea, WithAnotherRouterAnswersWrongly) {
  std::string configuration = keaConfiguration();
  ASSERT_NO_FATAL_FAILURE(replaceOnce(configuration, "\"data\": \"10.77.0.1\"", "\"data\": \"10.77.0.2\""));
  server.emplace(configuration, role.guestAddress);
  link = server->takeLink();
  EXPECT_THAT(firstFaultOnceItAnswers(), HasSubstr("expected router 10.77.0.1, got 10.77.0.2"));
}

TEST_F(Kea, WithoutAnAddressLeftIsTheLabsFault) {
  std::string configuration = keaConfiguration();
  ASSERT_NO_FATAL_FAILURE(replaceOnce(configuration, "10.77.0.100 - 10.77.0.250", "10.77.0.100 - 10.77.0.107"));
  role.scope.last = role.scope.first + 7;
  role.deadline = milliseconds(1500);
  ASSERT_NO_FATAL_FAILURE(start(configuration));
  ProbeReport report;
  for (int round = 0; round < 10 && report.fault.empty(); ++round)
    report = probe->smoke().value(); // each declines an address, which Kea keeps back for a day
  EXPECT_NE(report.fault, "");
  EXPECT_THAT(report.labFault, HasSubstr("the scope is exhausted: all 8 addresses are taken"));
}

} // namespace
} // namespace hotgate::harness
