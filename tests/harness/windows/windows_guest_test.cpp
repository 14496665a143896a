// A Windows machine in the run, against a scripted agent: the whole sequence, and each way in which a machine or a
// package goes wrong.
#include "harness/lab/windows_guest.h"

#include "harness/lab/lab_sequence.h"
#include "harness/roles/dhcp_probe.h"
#include "tests/harness/example_facts.h"
#include "tests/harness/fact_rows.h"
#include "tests/harness/windows/scripted_windows.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotgate::harness {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Windows : public testing::Test {
protected:
  Windows() {
    example.write(facts);
    writes = predictedWrites(facts, "dhcpsrv.exe").value();
    std::erase_if(writes, [](const PredictedWrite &write) { return write.inHotpatch; });
    for (const PredictedWrite &write : writes) {
      script.base[write.rva] = {0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0x40, 0x41};
      script.patched[write.rva] = {0xcc, 0xe9, 0x00, 0x10, 0x00, 0x00, 0xeb, 0xf9};
      script.functions.push_back(write.place());
    }
    static_cast<Role &>(role) = readRole(std::filesystem::path(HOTGATE_ROLES) / "dhcp.yaml").value();
    role.scope = modelScope();
    role.deadline = std::chrono::milliseconds(50);
    role.settle = std::chrono::milliseconds(5);
    setup.preImage = example.preImage.parent_path() / "dhcpsrv.exe";
    setup.hotpatchImage = example.preImage;
    setup.postImage = example.preImage;
    setup.config.serviceName = "HotgateDhcp"; // of the guests whose service is installed
    setup.config.soak = {.requests = 60, .clients = 2};
    windows.package = folder.write("KB5099001.msu", "package");
    windows.packageName = "Package_for_RollupFix~31bf3856ad364e35~amd64~~26100.1.1";
    windows.kb = "5099001";
  }

  Result<> run() {
    LabRecords records = LabRecords::begin(facts, "dhcp", "dhcpsrv.exe", "libvirt").value();
    WindowsGuest guest(setup, role, windows, std::make_unique<ScriptedWindows>(script));
    const ProbeFactory probe = [this](Link &link) -> Result<std::unique_ptr<RoleProbe>> {
      return std::make_unique<DhcpProbe>(link, role, DhcpWitness(), setup.config.soak);
    };
    return LabSequence(guest, role, probe, setup.config, writes, records, progress).run();
  }
  std::vector<std::string> rows(const std::string &sql) { return factRows(facts, sql); }
  std::string lastStep() {
    return rows("SELECT phase, step, outcome FROM lab_step ORDER BY ordinal DESC LIMIT 1").at(0);
  }
  std::string lastText() { return rows("SELECT text FROM lab_step ORDER BY ordinal DESC LIMIT 1").at(0); }

  TemporaryFolder folder;
  ExampleFacts example;
  facts::Database facts = facts::Database::create(":memory:").value();
  std::vector<PredictedWrite> writes;
  DhcpRole role;
  GuestSetup setup;
  WindowsConfig windows;
  WindowsScript script;
  LabSequence::Progress progress = [](std::string_view) {};
};

TEST_F(Windows, AGoodHotpatchGoesThroughEveryStepWithTheMachinesRestarts) {
  ASSERT_TRUE(run());
  EXPECT_THAT(rows("SELECT phase || ' ' || step || ' ' || text FROM lab_step WHERE outcome <> 'ok'"), ElementsAre());
  EXPECT_EQ(lastStep(), "restarted witness ok");
  EXPECT_THAT(script.log, ElementsAre("run wusa.exe \"C:\\hotgate\\KB5099001.msu\" /quiet /norestart",
                                      HasSubstr("run dism.exe /Online /Remove-Package"), "restart",
                                      HasSubstr("run wusa.exe"), "restart"));
  EXPECT_THAT(
      rows("SELECT phase, build, revision, enrolment, pending_restart, offered FROM lab_machine ORDER BY phase"),
      ElementsAre("control 26100 6588 Hotpatch.amd64  1", "patched 26100 6588 Hotpatch.amd64  0",
                  "restarted 26100 6588 Hotpatch.amd64  0"));
  EXPECT_THAT(rows("SELECT DISTINCT phase, pid FROM lab_process ORDER BY phase"),
              ElementsAre("control 436", "patched 436", "restarted 444", "undone 440"));
  EXPECT_THAT(rows("SELECT outcome FROM lab_run"), ElementsAre("completed"));
  EXPECT_THAT(script.services, ElementsAre("DHCPServer"));
  EXPECT_THAT(script.eventSources, ElementsAre("System Microsoft-Windows-DHCP-Server"));
}

// Another role has another service with another log, and its own events say when it is ready.
TEST_F(Windows, TheRoleSaysWhichServiceAndWhichEvents) {
  role.service = "DNS";
  role.events = readRole(std::filesystem::path(HOTGATE_ROLES) / "dns.yaml").value().events;
  script.events = {2};
  script.eventsOfPatch = {4013};
  ASSERT_TRUE(run());
  EXPECT_EQ(lastStep(), "restarted witness ok");
  EXPECT_THAT(script.services, ElementsAre("DNS"));
  EXPECT_THAT(script.eventSources, ElementsAre("DNS Server "));
  EXPECT_THAT(rows("SELECT phase, event, meaning, text FROM lab_event"),
              ElementsAre("patched 4013 lab-fault the server waits for the directory"));
}

// More events than the agent gives at once: the last answer counts, too.
TEST_F(Windows, ALongEventLogIsReadToItsEnd) {
  script.eventsBefore = 3 * mostEventsAtOnce;
  ASSERT_TRUE(run());
  EXPECT_EQ(lastStep(), "restarted witness ok");
}

TEST_F(Windows, AnEventLogWithoutAnEndIsALabFault) {
  script.eventsBefore = 80 * mostEventsAtOnce;
  ASSERT_TRUE(run());
  EXPECT_EQ(lastStep(), "control health lab-fault");
  EXPECT_THAT(lastText(), HasSubstr("more than 262144 events"));
}

TEST_F(Windows, AMachineThatCannotTakeHotpatchesIsALabFaultThatSaysWhatToDo) {
  script.report["vbs_running"] = false;
  ASSERT_TRUE(run());
  EXPECT_EQ(lastStep(), "control restore lab-fault");
  EXPECT_THAT(lastText(), testing::AllOf(HasSubstr("does not run"), HasSubstr("EnableVirtualizationBasedSecurity")));
  EXPECT_THAT(script.log, ElementsAre());
}

TEST_F(Windows, ARoleThatIsNotReadyIsALabFault) {
  script.events = {1024, 1046};
  ASSERT_TRUE(run());
  EXPECT_EQ(lastStep(), "control health lab-fault");
  EXPECT_THAT(lastText(), HasSubstr("event 1046"));
}

TEST_F(Windows, APackageThatFailsIsThePackagesFault) {
  script.installCode = 0x800F0922;
  ASSERT_TRUE(run());
  EXPECT_EQ(lastStep(), "patched apply failed");
  EXPECT_THAT(lastText(), testing::AllOf(HasSubstr("CBS_E_INSTALLERS_FAILED"), HasSubstr("0x800F0922")));
  EXPECT_THAT(rows("SELECT outcome FROM lab_run"), ElementsAre("completed"));
}

TEST_F(Windows, APackageForAnotherBaselineIsALabFault) {
  script.installCode = 0x80240017;
  ASSERT_TRUE(run());
  EXPECT_EQ(lastStep(), "patched apply lab-fault");
  EXPECT_THAT(lastText(), HasSubstr("bring the machine to the baseline"));
}

TEST_F(Windows, ARestartThatIsPendingIsAFact) {
  script.installCode = 3010;
  script.reportAfterPatch = {{"pending_restart", {"component servicing"}}};
  ASSERT_TRUE(run());
  EXPECT_THAT(rows("SELECT pending_restart FROM lab_machine WHERE phase = 'patched'"),
              ElementsAre("component servicing"));
}

TEST_F(Windows, AnEnrolmentThatIsGoneAndAnOfferThatComesAgainAreFacts) {
  script.reportAfterPatch = {{"enrolment", nullptr}};
  script.offersAgain = true;
  ASSERT_TRUE(run());
  EXPECT_THAT(rows("SELECT enrolment, offered FROM lab_machine WHERE phase = 'patched'"), ElementsAre(" 1"));
}

TEST_F(Windows, APatchThatIsSilentlyNotActiveIsSeenInMemory) {
  script.isActive = false;
  ASSERT_TRUE(run());
  EXPECT_THAT(rows("SELECT COUNT(*) > 0 FROM lab_bytes WHERE after = 'apply' AND expected <> found"), ElementsAre("1"));
  EXPECT_THAT(rows("SELECT outcome FROM lab_step WHERE phase = 'patched' AND step = 'verify'"), ElementsAre("failed"));
}

TEST_F(Windows, WhatTheServiceLogsOnlyWithThePatchIsAFact) {
  script.eventsOfPatch = {1338, 1338, 4711};
  ASSERT_TRUE(run());
  EXPECT_THAT(rows("SELECT phase, event, meaning, level, count FROM lab_event ORDER BY phase, event"),
              ElementsAre("patched 1338 slow 3 2", "patched 4711 other 3 1"));
}

TEST_F(Windows, APackageThatCannotBeRemovedEndsTheRun) {
  script.removeCode = 0x800F0825;
  ASSERT_TRUE(run());
  EXPECT_EQ(lastStep(), "undone undo failed");
  EXPECT_THAT(lastText(), HasSubstr("CBS_E_CANNOT_UNINSTALL"));
}

TEST_F(Windows, ThePatchMayBeLoadedWithoutItsPackage) {
  windows.apply = WindowsConfig::Apply::loadPatch;
  script.isActive = false; // this script loads nothing
  ASSERT_TRUE(run());
  EXPECT_THAT(rows("SELECT step, outcome FROM lab_step WHERE phase = 'patched' AND step IN ('apply', 'verify')"),
              ElementsAre("apply ok", "verify failed"));
  EXPECT_THAT(script.log, ElementsAre("restart"));
  EXPECT_EQ(lastStep(), "restarted restart lab-fault");
}

} // namespace
} // namespace hotgate::harness
