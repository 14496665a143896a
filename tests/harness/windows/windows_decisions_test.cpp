// The decisions about Windows machines, on recorded answers of the agent: what each item of pre-flight says when it is
// wrong, what exit codes of the installers mean, what the events of a role's service say.
#include "harness/guest/windows/event_gate.h"
#include "harness/guest/windows/package_outcome.h"
#include "harness/guest/windows/preflight.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace hotgate::harness {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// A machine that can take hotpatches, in the form of the agent's answer.
json server2025() {
  return json::parse(R"({"ok":true,"id":1,"wine":null,"architecture":"x64","build":26100,"revision":6588,"product":7,
      "vbs_running":true,"hot_patch_table_size":4096,"hot_patch_restrictions":null,
      "enrolment":{"name":"Hotpatch.amd64","version":"1.0.0.0"},"hot_patch_switch":{"status":0,"flags":3},
      "pending_restart":[],"boot_time":133000000000000000})");
}
json server2022() {
  json report = server2025();
  report.update({{"build", 20348}, {"revision", 2762}, {"product", 0x197}});
  return report;
}

std::vector<PreflightProblem> problems(const json &report, WindowsRelease release = WindowsRelease::server2025) {
  return preflightProblems(parseMachineReport(report).value(), release);
}

TEST(Preflight, AMachineOnTheTrackHasNoProblem) {
  EXPECT_TRUE(problems(server2025()).empty());
  EXPECT_TRUE(problems(server2022(), WindowsRelease::server2022).empty());
  json core = server2022();
  core["product"] = 0x198;
  EXPECT_TRUE(problems(core, WindowsRelease::server2022).empty());
  json arm = server2025();
  arm.update({{"architecture", "arm64"}, {"hot_patch_restrictions", 1}});
  arm["enrolment"]["name"] = "Hotpatch.arm64";
  EXPECT_TRUE(problems(arm).empty());
}

struct Ailment {
  const char *name;
  const char *patch; // merged into the good machine's answer
  const char *what;
  const char *next;
  WindowsRelease release = WindowsRelease::server2025;
};
class WrongMachine : public testing::TestWithParam<Ailment> {};

TEST_P(WrongMachine, IsToldWithWhatToDo) {
  const Ailment &ailment = GetParam();
  json report = ailment.release == WindowsRelease::server2025 ? server2025() : server2022();
  report.update(json::parse(ailment.patch)); // not merge_patch: null is a value here
  const auto found = problems(report, ailment.release);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0].what, HasSubstr(ailment.what));
  EXPECT_THAT(found[0].next, HasSubstr(ailment.next));
  const auto checked = checkPreflight(parseMachineReport(report).value(), ailment.release);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().kind, ErrorKind::fault); // the lab's, never the patch's
}

INSTANTIATE_TEST_SUITE_P(
    Preflight, WrongMachine,
    testing::Values(
        Ailment{"wine", R"({"wine":"8.0"})", "it is wine 8.0", "Windows Server"},
        Ailment{"otherBuild", R"({"build":20348})", "its build is 20348", "release: 2022"},
        Ailment{"oldRevision", R"({"revision":1741})", "26100.1741 is older than 26100.1742", "cumulative update"},
        Ailment{"build2022", R"({"build":26100})", "Windows Server 2022 is 20348", "release: 2025",
                WindowsRelease::server2022},
        Ailment{"edition2022", R"({"product":8})", "product 0x8", "Azure Edition", WindowsRelease::server2022},
        Ailment{"vbsOff", R"({"vbs_running":false})", "does not run", "EnableVirtualizationBasedSecurity"},
        Ailment{"vbsUnknown", R"({"vbs_running":null})", "does not say", "DeviceGuard"},
        Ailment{"tableUnset", R"({"hot_patch_table_size":null})", "HotPatchTableSize is not set", "0x1000"},
        Ailment{"tableWrong", R"({"hot_patch_table_size":8192})", "HotPatchTableSize is 0x2000", "0x1000"},
        Ailment{"armUnrestricted", R"({"architecture":"arm64"})", "HotPatchRestrictions", "CHPE"},
        Ailment{"switchOff", R"({"hot_patch_switch":{"status":3221225659,"flags":0}})", "0xC00000BB", "restart"},
        Ailment{"noSwitch", R"({"hot_patch_switch":null})", "no NtManageHotPatch", "restart"},
        Ailment{"notEnrolled", R"({"enrolment":null})", "not enrolled", "Azure Arc"},
        Ailment{"notEnrolled2022", R"({"enrolment":null})", "not enrolled", "turn hotpatching on",
                WindowsRelease::server2022},
        Ailment{"restart", R"({"pending_restart":["component servicing","Windows Update"]})",
                "a restart is pending: component servicing, Windows Update", "snapshot"}),
    [](const auto &test) { return test.param.name; });

TEST(Preflight, SeveralProblemsAreToldAtOnce) {
  json report = server2025();
  report.update(json::parse(R"({"vbs_running":false,"enrolment":null})"));
  const auto checked = checkPreflight(parseMachineReport(report).value(), WindowsRelease::server2025);
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().reason, testing::AllOf(HasSubstr("does not run"), HasSubstr("not enrolled")));
}

TEST(MachineReport, AnAnswerOfAnotherFormIsRefused) {
  for (const char *name :
       {"wine", "architecture", "build", "revision", "product", "vbs_running", "hot_patch_table_size",
        "hot_patch_restrictions", "enrolment", "hot_patch_switch", "pending_restart", "boot_time"}) {
    json missing = server2025();
    missing.erase(name);
    EXPECT_FALSE(parseMachineReport(missing)) << name;
    json wrong = server2025();
    wrong[name] = json::parse(R"({"x":[1]})");
    EXPECT_FALSE(parseMachineReport(wrong)) << name;
  }
  json wide = server2025();
  wide["hot_patch_switch"]["flags"] = uint64_t{1} << 32U;
  EXPECT_FALSE(parseMachineReport(wide));
  json flood = server2025();
  flood["pending_restart"] = json(std::vector<std::string>(65, "x"));
  EXPECT_FALSE(parseMachineReport(flood));
}

TEST(Packages, ExitCodesMeanWhatIsPublished) {
  EXPECT_EQ(packageOutcome(0).state, PackageState::done);
  EXPECT_EQ(packageOutcome(3010).state, PackageState::restartRequired);
  EXPECT_EQ(packageOutcome(1641).state, PackageState::restartRequired);
  EXPECT_EQ(packageOutcome(0x00240005).state, PackageState::restartRequired);
  EXPECT_EQ(packageOutcome(0x00240006).state, PackageState::nothingToDo);
  EXPECT_EQ(packageOutcome(0x80240017).state, PackageState::notApplicable);
  EXPECT_EQ(packageOutcome(0x800F081E).state, PackageState::notApplicable);
  EXPECT_EQ(packageOutcome(1618).state, PackageState::busy);
  EXPECT_EQ(packageOutcome(0x800F0922).state, PackageState::failed);
  EXPECT_EQ(packageOutcome(0xDEADBEEF).state, PackageState::failed);
  EXPECT_THAT(packageOutcome(0xDEADBEEF).meaning, HasSubstr("0xDEADBEEF"));
}

// What is the package's fault, and what the machine's.
TEST(Packages, OnlyThePackagesOwnFailureCountsAgainstIt) {
  EXPECT_EQ(installVerdict(packageOutcome(0)), InstallVerdict::installed);
  EXPECT_EQ(installVerdict(packageOutcome(3010)), InstallVerdict::installed);
  EXPECT_EQ(installVerdict(packageOutcome(0x800F0922)), InstallVerdict::refused);
  EXPECT_EQ(installVerdict(packageOutcome(0xDEADBEEF)), InstallVerdict::refused);
  for (const uint32_t code : {0x00240006U, 0x80240017U, 1618U, 5U, 740U, 1058U})
    EXPECT_EQ(installVerdict(packageOutcome(code)), InstallVerdict::labFault) << code;
}

TEST(Packages, EachKindHasItsInstaller) {
  EXPECT_EQ(installCall("C:\\hotgate\\KB5099001.msu").value().arguments,
            "\"C:\\hotgate\\KB5099001.msu\" /quiet /norestart");
  EXPECT_THAT(installCall("C:\\hotgate\\KB5099001.CAB").value().arguments,
              HasSubstr("/Add-Package \"/PackagePath:C:\\"));
  EXPECT_FALSE(installCall("C:\\hotgate\\KB5099001.exe"));
  EXPECT_EQ(
      removeCall("Package_for_RollupFix~31bf3856ad364e35~amd64~~26100.1.1").arguments,
      "/Online /Remove-Package /PackageName:Package_for_RollupFix~31bf3856ad364e35~amd64~~26100.1.1 /Quiet /NoRestart");
  EXPECT_TRUE(isPackageName("Package_for_RollupFix~31bf3856ad364e35~amd64~~26100.1.1"));
  for (const char *name : {"", "a b", "a\"", "a/Quiet", "a&b"})
    EXPECT_FALSE(isPackageName(name)) << name;
}

std::vector<ServiceEvent> events(std::initializer_list<int64_t> ids) {
  json list = json::array();
  int64_t record = 100 + static_cast<int64_t>(ids.size());
  for (const int64_t id : ids) // the answer's order does not count
    list.insert(list.begin(), json{{"record", record++}, {"id", id}, {"level", 4}, {"time", 1}});
  return parseEvents({{"ok", true}, {"events", list}}).value();
}

RoleEvents eventsOfRole(const std::string &role) {
  return readRole(std::filesystem::path(HOTGATE_ROLES) / (role + ".yaml")).value().events;
}
GateState dhcpGate(std::initializer_list<int64_t> ids) { return eventGate(eventsOfRole("dhcp"), events(ids)); }

TEST(EventGate, TheDhcpServerIsReadyOnceItIsAuthorised) {
  EXPECT_EQ(dhcpGate({}).kind, GateState::Kind::waiting);
  EXPECT_EQ(dhcpGate({1024}).kind, GateState::Kind::waiting);
  EXPECT_THAT(dhcpGate({1024}).text, HasSubstr("(event 1043 or 1044 after 1024)"));
  EXPECT_EQ(dhcpGate({1024, 1044}).kind, GateState::Kind::ready);
  EXPECT_EQ(dhcpGate({1024, 1043, 1011, 9999}).kind, GateState::Kind::ready);
  // An authorisation of an earlier start says nothing.
  EXPECT_EQ(dhcpGate({1024, 1044, 1024}).kind, GateState::Kind::waiting);
  EXPECT_EQ(dhcpGate({1024, 1046, 1044}).kind, GateState::Kind::ready);
}

TEST(EventGate, TheMachinesSetUpIsAFaultOfTheLab) {
  for (const int64_t id : {1041, 1045, 1046, 1051, 1049, 1050, 1059, 1063, 20287}) {
    EXPECT_EQ(dhcpGate({1024, id}).kind, GateState::Kind::labFault) << id;
    EXPECT_EQ(dhcpGate({1024, 1044, id}).kind, GateState::Kind::labFault) << id;
  }
  EXPECT_THAT(dhcpGate({1024, 1041}).text, HasSubstr("event 1041: no network device"));
}

TEST(EventGate, SlownessIsNoFaultOfTheLab) {
  EXPECT_EQ(dhcpGate({1024, 1044, 1338, 10007}).kind, GateState::Kind::ready);
  const RoleEvents dhcp = eventsOfRole("dhcp");
  EXPECT_EQ(eventKind(dhcp, 1338), EventKind::slow);
  EXPECT_EQ(eventKind(dhcp, 10007), EventKind::slow);
  EXPECT_EQ(eventKind(dhcp, 4242), EventKind::other);
  EXPECT_EQ(eventKind(dhcp, 1016), EventKind::other);
  EXPECT_EQ(eventMeaning(dhcp, 1016), "the backup of the database failed");
  EXPECT_EQ(eventMeaning(dhcp, 4242), "");
  EXPECT_EQ(eventMeaning(dhcp, int64_t{1016} + (int64_t{1} << 32U)), ""); // the guest's number
}

TEST(EventGate, EachRoleHasItsOwnEvents) {
  const RoleEvents dns = eventsOfRole("dns");
  EXPECT_EQ(eventGate(dns, events({1024, 1044})).kind, GateState::Kind::waiting);
  EXPECT_EQ(eventGate(dns, events({2})).kind, GateState::Kind::ready);
  EXPECT_EQ(eventGate(dns, events({4, 4013})).kind, GateState::Kind::labFault);
  EXPECT_EQ(eventGate(dns, events({4013, 4})).kind, GateState::Kind::ready);
}

// A role that logs no event for it is ready when it runs, and a fault that ended does not count.
TEST(EventGate, NotEveryRoleSaysThatItIsReady) {
  const RoleEvents radius = eventsOfRole("radius");
  EXPECT_EQ(eventGate(radius, events({})).kind, GateState::Kind::ready);
  EXPECT_EQ(eventGate(radius, events({4402})).kind, GateState::Kind::labFault);
  EXPECT_EQ(eventGate(radius, events({4402, 4400})).kind, GateState::Kind::ready);
}

TEST(EventGate, AnAnswerOfAnotherFormIsRefused) {
  EXPECT_FALSE(parseEvents({{"ok", true}}));
  EXPECT_FALSE(parseEvents(json::parse(R"({"events":[{"record":1,"id":"1044","level":4}]})")));
  EXPECT_FALSE(parseEvents(json::parse(R"({"events":[7]})")));
  EXPECT_FALSE(parseEvents({{"events", json(std::vector<int>(4097, 1))}}));
}

} // namespace
} // namespace hotgate::harness
