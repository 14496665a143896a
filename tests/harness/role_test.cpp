// The roles' files: each that we ship is read, and each mistake is an error that names the line.
#include "harness/roles/role.h"

#include "harness/roles/dhcp_role.h"
#include "tests/harness/temporary_folder.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotgate::harness {
namespace {

using testing::Contains;
using testing::HasSubstr;

std::string shipped(const std::string &name) {
  std::ifstream file(std::filesystem::path(HOTGATE_ROLES) / (name + ".yaml"));
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string replaced(std::string text, const std::string &from, const std::string &to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(RoleFile, EveryOneThatWeShipIsRead) {
  int count = 0;
  for (const auto &entry : std::filesystem::directory_iterator(HOTGATE_ROLES)) {
    if (entry.path().extension() != ".yaml")
      continue;
    ++count;
    const auto role = readRole(entry.path());
    ASSERT_TRUE(role) << role.error().message();
    EXPECT_FALSE(role->components.empty()) << entry.path();
    if (role->reference)
      EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(HOTGATE_ROLES) / "reference" / role->reference->layer /
                                          "break-wrong-data.sh"))
          << entry.path();
  }
  EXPECT_GE(count, 2);
}

TEST(RoleFile, HasWhatTheLabAsksOf) {
  const Role role = readRole(std::filesystem::path(HOTGATE_ROLES) / "dns.yaml").value();
  EXPECT_EQ(role.probe, "dns");
  EXPECT_EQ(role.server(), "10.77.0.1");
  EXPECT_EQ(role.clientAddress, "10.77.0.2/24");
  EXPECT_EQ(role.deadline, std::chrono::milliseconds(4000));
  EXPECT_EQ(role.smoke.front(), "a");
  EXPECT_EQ(role.soak.mix.front().exchange, "a");
  EXPECT_EQ(role.soak.mix.front().weight, 6);
  EXPECT_EQ(role.settings.at("a"), "10.77.0.80");
  EXPECT_THAT(role.events.labFault, Contains(4013));
  EXPECT_THAT(role.counters, testing::ElementsAre(Counter::privateBytes, Counter::threads, Counter::handles));
  ASSERT_TRUE(role.reference);
  EXPECT_EQ(role.reference->layer, "dns");
  EXPECT_EQ(role.reference->processes, std::vector<std::string>{"named"});
}

TEST(RoleFile, OfDhcpHasAScopeToo) {
  const DhcpRole role = readDhcpRole(std::filesystem::path(HOTGATE_ROLES) / "dhcp.yaml").value();
  EXPECT_EQ(role.scope.server, parseAddress("10.77.0.1"));
  EXPECT_EQ(role.clientAddress, "");
  EXPECT_FALSE(role.asks("registration")) << "the corpus' server has no DNS";
  EXPECT_EQ(role.registration->domain, "hotgate.test");
  EXPECT_THAT(role.reference->smoke, Contains("registration"));
  EXPECT_FALSE(readDhcpRole(std::filesystem::path(HOTGATE_ROLES) / "dns.yaml"));
}

TEST(RoleFile, AnAddressThatCouldReachAShellIsRefused) {
  const TemporaryFolder folder;
  const std::string text = shipped("dhcp");
  ASSERT_TRUE(readDhcpRole(folder.write("dhcp.yaml", text)));
  for (const char *address : {"10.77.0.1/24; poweroff", "10.77.0.1", "10.77.0.1/2x", "$(id)/24", "10.77.0.1/99"})
    EXPECT_FALSE(readDhcpRole(folder.write("dhcp.yaml", replaced(text, "10.77.0.1/24", address)))) << address;
}

TEST(RoleFile, OfDhcpThatAsksForNamesSaysWhere) {
  const TemporaryFolder folder;
  const std::string text = replaced(shipped("dhcp"), "decline, nak]", "decline, nak, registration]");
  EXPECT_TRUE(readRole(folder.write("dhcp.yaml", text)));
  EXPECT_FALSE(readRole(folder.write("dhcp.yaml", replaced(text, "domain: hotgate.test", "domain: ho..tgate"))));
  for (const std::string &asking : {text, shipped("dhcp")}) { // the role's smoke, and its reference's
    const auto silent = readRole(folder.write(
        "dhcp.yaml", replaced(asking, "  registration:\n    domain: hotgate.test\n    within_ms: 15000", "#")));
    ASSERT_FALSE(silent);
    EXPECT_THAT(silent.error().reason, HasSubstr("must have the key registration"));
  }
}

struct Mistake {
  const char *name;
  const char *from;
  const char *to;
  const char *reason;
};
class MistakenRole : public testing::TestWithParam<Mistake> {};

TEST_P(MistakenRole, IsAnErrorThatNamesTheLine) {
  const TemporaryFolder folder;
  const auto role = readRole(folder.write("dns.yaml", replaced(shipped("dns"), GetParam().from, GetParam().to)));
  ASSERT_FALSE(role);
  EXPECT_EQ(role.error().kind, ErrorKind::usage);
  EXPECT_THAT(role.error().place, HasSubstr("line "));
  EXPECT_THAT(role.error().reason, HasSubstr(GetParam().reason));
}

INSTANTIATE_TEST_SUITE_P(
    All, MistakenRole,
    testing::Values(
        Mistake{"otherName", "role: dns", "role: web", "must be the file's name"},
        Mistake{"unknownKey", "service: DNS", "service: DNS\nservices: DNS", "unknown key services"},
        Mistake{"processForAShell", "processes: [named]", "processes: [\"named; poweroff\"]", "must be names"},
        Mistake{"layerOutside", "layer: dns", "layer: ../dns", "must be a name"},
        Mistake{"secondOfNoPair", "layer: dns", "layer: dns\n  second_address: 10.77.0.2/24", "DHCP's failover alone"},
        Mistake{"emptySmoke",
                "smoke: [a, aaaa, srv, nonexistent, edns, tcp, tcp-fallback, transfer, update, dhcp-registration]",
                "smoke: []", "must name an exchange"},
        Mistake{"noWeight", "mix: {a: 6", "mix: {a: 0", "soak.mix.a must be a whole number"},
        Mistake{"unknownCounter", "counters: [private-bytes", "counters: [private", "must be some of"},
        Mistake{"event", "ready: [2, 4]", "ready: [two]", "event ids"},
        Mistake{"eventTwice", "ready: [2, 4]", "ready: [2, 407]", "names event 407"},
        Mistake{"eventMeaning", "    2: the server", "    two: the server", "event ids"},
        Mistake{"counterTwice", "counters: [private-bytes", "counters: [threads", "each once"},
        Mistake{"serviceForAShell", "service: DNS", "service: DNS & reboot", "must be a name"},
        Mistake{"noClient", "client_address: 10.77.0.2/24\n", "", "client_address is missing"}),
    [](const auto &test) { return test.param.name; });

} // namespace
} // namespace hotgate::harness
