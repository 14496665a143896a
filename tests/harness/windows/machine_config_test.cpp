// The sections of lab.yaml about other machines; the documented examples; each mistake with its line.
#include "harness/lab/lab_config.h"

#include "tests/harness/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotgate::harness {
namespace {

using testing::HasSubstr;

const std::string common = R"(service: { name: DHCPServer }
witness: { kind: dhcp-relay-option, declared_length: 120, present: 8 }
)";
const std::string ssh = R"(provider: ssh
ssh:
  host: 192.0.2.10
  user: hotgate
  identity: key
  known_hosts: known
  interface: lab0
)" + common;
const std::string windows = ssh + R"(windows:
  release: 2025
  package: KB5099001.msu
  package_name: Package_for_RollupFix~31bf3856ad364e35~amd64~~26100.1.1
  kb: KB5099001
)";

std::string replaced(std::string text, const std::string &from, const std::string &to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(MachineConfigFile, TheExamplesAreRead) {
  for (const char *name : {"server-2022-ssh.yaml", "server-2025-libvirt.yaml", "server-2025-qemu.yaml"}) {
    const auto config = readLabConfig(std::filesystem::path(HOTGATE_WINDOWS_EXAMPLES) / name);
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_TRUE(config->machine.windows.has_value()) << name;
    EXPECT_FALSE(config->machine.isOurGuest()) << name;
  }
  const auto config = readLabConfig(std::filesystem::path(HOTGATE_WINDOWS_EXAMPLES) / "server-2022-ssh.yaml");
  EXPECT_EQ(config->machine.windows->release, WindowsRelease::server2022);
}

TEST(MachineConfigFile, PathsAreBesideTheFile) {
  const TemporaryFolder folder;
  const auto config = readLabConfig(folder.write("lab.yaml", windows));
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->provider, Provider::ssh);
  EXPECT_EQ(config->machine.ssh->identity, folder.path() / "key");
  EXPECT_EQ(config->machine.ssh->port, 22);
  EXPECT_EQ(config->machine.windows->package, folder.path() / "KB5099001.msu");
  EXPECT_EQ(config->machine.windows->kb, "5099001");
}

// A KB whose lab runs in Hotgate's own guest usually, and on real machines when somebody asks for it.
const std::string several = "provider: wine-host\n" + ssh.substr(ssh.find('\n') + 1) + R"(libvirt:
  domain: win2025
  interface: lab1
image:
  disk: win2025.qcow2
)" + windows.substr(windows.find("windows:"));

TEST(MachineConfigFile, TheCommandLineChoosesAmongTheMachinesOfTheFile) {
  const TemporaryFolder folder;
  const auto path = folder.write("lab.yaml", several);
  const auto usual = readLabConfig(path);
  ASSERT_TRUE(usual) << usual.error().message();
  EXPECT_EQ(usual->provider, Provider::wineHost);
  EXPECT_TRUE(usual->machine.isOurGuest());
  EXPECT_FALSE(usual->machine.windows);
  EXPECT_EQ(usual->machine.name(), "");
  const LabConfig remote = readLabConfig(path, Provider::ssh).value();
  EXPECT_EQ(remote.provider, Provider::ssh);
  EXPECT_TRUE(remote.machine.ssh && remote.machine.windows && !remote.machine.libvirt && !remote.machine.image);
  EXPECT_EQ(remote.machine.name(), "192.0.2.10 port 22");
  const LabConfig domain = readLabConfig(path, Provider::libvirt).value();
  EXPECT_TRUE(domain.machine.libvirt && domain.machine.windows && !domain.machine.ssh && !domain.machine.image);
  EXPECT_EQ(domain.machine.name(), "qemu:///system win2025");
  const LabConfig image = readLabConfig(path, Provider::qemu).value();
  EXPECT_TRUE(image.machine.image && image.machine.windows && !image.machine.ssh && !image.machine.libvirt);
}

TEST(MachineConfigFile, AMachineThatTheFileDoesNotDescribeCannotBeChosen) {
  const TemporaryFolder folder;
  const auto path = folder.write("lab.yaml", "provider: qemu\n" + common);
  ASSERT_TRUE(readLabConfig(path));
  for (const auto &[provider, section] : {std::pair(Provider::ssh, "ssh"), std::pair(Provider::libvirt, "libvirt")}) {
    const auto refused = readLabConfig(path, provider);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::usage);
    EXPECT_THAT(refused.error().message(), HasSubstr(fmt::format("{0} is missing: provider {0} needs", section)));
  }
}

TEST(MachineConfigFile, WindowsNeedsAMachine) {
  const TemporaryFolder folder;
  const auto refused = readLabConfig(folder.write("lab.yaml", common + windows.substr(windows.find("windows:"))));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().reason, HasSubstr("needs a Windows machine"));
}

// On a Windows machine the role's own service is under test; elsewhere Hotgate installs one, and must know its name.
TEST(MachineConfigFile, TheServiceIsNeededWhereHotgateInstallsIt) {
  const TemporaryFolder folder;
  std::string text = several;
  text.erase(text.find("service:"), text.find('\n', text.find("service:")) + 1 - text.find("service:"));
  const auto path = folder.write("lab.yaml", text);
  EXPECT_TRUE(readLabConfig(path, Provider::ssh));
  const auto own = readLabConfig(path);
  ASSERT_FALSE(own);
  EXPECT_THAT(own.error().reason, HasSubstr("service is missing"));
}

struct Mistake {
  const char *name;
  const char *from;
  const char *to;
  const char *reason;
};
class WrongMachineConfig : public testing::TestWithParam<Mistake> {};

TEST_P(WrongMachineConfig, IsAUsageErrorWithItsLine) {
  const TemporaryFolder folder;
  const Mistake &mistake = GetParam();
  const auto config = readLabConfig(folder.write("lab.yaml", replaced(windows, mistake.from, mistake.to)));
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().kind, ErrorKind::usage);
  EXPECT_THAT(config.error().place, HasSubstr("line "));
  EXPECT_THAT(config.error().reason, HasSubstr(mistake.reason));
}

INSTANTIATE_TEST_SUITE_P(
    MachineConfigFile, WrongMachineConfig,
    testing::Values(Mistake{"hostIsAnOption", "192.0.2.10", "\"-oProxyCommand=x\"", "ssh.host"},
                    Mistake{"userIsAnOption", "user: hotgate", "user: -x", "ssh.user"},
                    Mistake{"knownHostsSplits", "known_hosts: known", "known_hosts: known hosts", "known_hosts"},
                    Mistake{"noKey", "  identity: key\n", "", "identity is missing"},
                    Mistake{"otherRelease", "release: 2025", "release: 2019", "2022 or 2025"},
                    Mistake{"noPackage", "KB5099001.msu", "KB5099001.exe", "must be a .msu or a .cab"},
                    Mistake{"packageNameInjects", "26100.1.1", "26100.1.1 /Quiet", "package_name"},
                    Mistake{"kbIsNoNumber", "kb: KB5099001", "kb: KB50x", "kb"},
                    Mistake{"noProvider", "provider: ssh\n", "", "provider is missing: say where the lab runs usually"},
                    Mistake{"noLibvirt", "provider: ssh", "provider: libvirt", "libvirt is missing: provider libvirt"}),
    [](const auto &test) { return test.param.name; });

} // namespace
} // namespace hotgate::harness
