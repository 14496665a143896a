// What is wrong with the host or the request is said at once, before a guest is built or started.
#include "harness/lab/lab.h"

#include "tests/harness/example_facts.h"

#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotgate::harness {
namespace {

using testing::HasSubstr;

class WithoutPrograms {
public:
  WithoutPrograms() { setenv("PATH", "/nonexistent", 1); }
  ~WithoutPrograms() { setenv("PATH", saved_.c_str(), 1); }

private:
  std::string saved_ = getenv("PATH");
};

class Lab : public testing::Test {
protected:
  Lab() {
    example.write(facts);
    request.preImage = example.preImage;
    request.hotpatchImage = example.preImage;
    request.postImage = example.preImage;
    request.role = "dhcp";
    request.installation = {HOTGATE_ROLES, example.preImage, example.preImage, example.preImage,
                            example.folder.path() / "cache"};
  }
  Error refusal() {
    const auto ran = runLab(request, facts, [](std::string_view) {});
    EXPECT_FALSE(ran);
    facts::Statement runs = facts.prepare("SELECT COUNT(*) FROM lab_run").value();
    EXPECT_TRUE(runs.step().value());
    EXPECT_EQ(runs.integer(0), 0) << "no run has begun";
    EXPECT_FALSE(std::filesystem::exists(request.installation.cache));
    return ran.error();
  }

  ExampleFacts example;
  facts::Database facts = facts::Database::create(":memory:").value();
  LabRequest request;
};

TEST_F(Lab, AHostWithoutQemuIsAnInputErrorThatNamesThePackage) {
  const WithoutPrograms nothing;
  const auto checked = checkLabHost(Provider::qemu);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().kind, ErrorKind::input);
  EXPECT_THAT(checked.error().message(), HasSubstr("qemu-system-x86_64"));
  EXPECT_THAT(checked.error().next, HasSubstr("qemu-system-x86"));
  EXPECT_EQ(refusal().entity, "qemu-system-x86_64");
  const auto withoutMachine = checkLabHost(Provider::wineHost);
  ASSERT_FALSE(withoutMachine);
  EXPECT_EQ(withoutMachine.error().entity, "unshare");
}

TEST_F(Lab, AFileThatTheMachineNeedsIsMissedBeforeAnythingRuns) {
  MachineConfig machine;
  machine.ssh = SshConfig{.host = "192.0.2.10",
                          .user = "hotgate",
                          .identity = example.preImage,
                          .knownHosts = "/nonexistent/known",
                          .interface = "lab0"};
  auto checked = checkLabHost(Provider::ssh, machine);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().kind, ErrorKind::input);
  EXPECT_THAT(checked.error().message(), testing::AllOf(HasSubstr("/nonexistent/known"), HasSubstr("ssh.known_hosts")));
  machine.ssh->knownHosts = example.preImage;
  EXPECT_TRUE(checkLabHost(Provider::ssh, machine));
  machine.windows = WindowsConfig{};
  machine.windows->package = "/nonexistent/KB5099001.msu";
  checked = checkLabHost(Provider::ssh, machine);
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message(), HasSubstr("windows.package"));
}

TEST_F(Lab, AnUnknownRoleIsAnErrorThatNamesItsFile) {
  request.role = "nonexistent";
  EXPECT_THAT(refusal().entity, HasSubstr("nonexistent.yaml"));
}

TEST_F(Lab, AMissingAgentHotpatchOrRoleFileIsAnInputErrorThatNamesIt) {
  const LabRequest complete = request;
  request.installation.agent = "/nonexistent/hotgate-agent.exe";
  EXPECT_THAT(refusal().entity, HasSubstr("hotgate-agent.exe"));
  request = complete;
  request.hotpatchImage = "/nonexistent/dhcpsrv.exe";
  EXPECT_THAT(refusal().entity, HasSubstr("/nonexistent/dhcpsrv.exe"));
  request = complete;
  request.installation.roles = "/nonexistent";
  EXPECT_THAT(refusal().entity, HasSubstr("dhcp.yaml"));
}

TEST_F(Lab, FactsWithoutAHotpatchAreAnInputError) {
  ASSERT_TRUE(facts.execute("DELETE FROM predicted_write"));
  EXPECT_THAT(refusal().reason, HasSubstr("no function is redirected"));
}

} // namespace
} // namespace hotgate::harness
