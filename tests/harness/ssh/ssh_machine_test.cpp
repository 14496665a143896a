// An existing machine by SSH: a real server, the real client, the real agent under wine; and every way to be refused.
#include "harness/guest/ssh_machine.h"

#include "support/mapped_file.h"
#include "tests/harness/ssh/ssh_test_host.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using testing::HasSubstr;

Deadline generous() { return after(seconds(90)); }

class Ssh : public testing::Test {
protected:
  SshTestHost host;
};

TEST_F(Ssh, AServiceIsInstalledRunAndCountedAndNothingStays) {
  const fs::path kb = fs::path(HOTGATE_CORPUS) / "good";
  {
    SshMachine machine(host.config(), HOTGATE_AGENT);
    const auto started = machine.start(generous());
    ASSERT_TRUE(started) << started.error().message();
    auto channel = machine.connect(generous());
    ASSERT_TRUE(channel) << channel.error().message();
    ProcessAgent agent(*std::move(channel));
    ASSERT_TRUE(machine.copy(
        agent, {{kb / "pre/dhcpsrv.exe", "dhcpsrv.exe"}, {kb / "post/dhcpsrv.exe", "post/dhcpsrv.exe"}}, generous()));
    EXPECT_EQ(fs::file_size(host.guestFolder() / "post/dhcpsrv.exe"), fs::file_size(kb / "post/dhcpsrv.exe"));
    ASSERT_TRUE(agent.ping(generous()));
    const auto installed =
        agent.installService("HotgateSsh", "C:\\hotgate\\dhcpsrv.exe", testServiceArguments, generous());
    ASSERT_TRUE(installed) << installed.error().message();
    const auto running = agent.startService("HotgateSsh", generous());
    ASSERT_TRUE(running) << running.error().message();
    const auto counters = agent.counters(running->pid, generous());
    ASSERT_TRUE(counters) << counters.error().message();
    EXPECT_TRUE(counters->alive);
    EXPECT_GT(counters->privateBytes, 100'000);
    EXPECT_TRUE(agent.stopService("HotgateSsh", generous()));
    EXPECT_TRUE(agent.deleteService("HotgateSsh", generous()));
  }
  EXPECT_FALSE(fs::exists(host.guestFolder()));
}

// The same copying that machines without a way of their own use.
TEST_F(Ssh, TheAgentItselfTakesFiles) {
  SshMachine machine(host.config(), HOTGATE_AGENT);
  ASSERT_TRUE(machine.start(generous()));
  auto channel = machine.connect(generous());
  ASSERT_TRUE(channel) << channel.error().message();
  ProcessAgent agent(*std::move(channel));
  const fs::path image = fs::path(HOTGATE_CORPUS) / "good/pre/dhcpsrv.exe";
  ASSERT_TRUE(machine.AgentMachine::copy(agent, {{image, "by-agent/dhcpsrv.exe"}}, generous()));
  const MappedFile original = MappedFile::open(image).value();
  const MappedFile copied = MappedFile::open(host.guestFolder() / "by-agent/dhcpsrv.exe").value();
  EXPECT_TRUE(std::ranges::equal(original.bytes(), copied.bytes()));
  fs::remove_all(host.guestFolder() / "by-agent");
}

TEST_F(Ssh, AnotherHostKeyIsRefused) {
  host.makeKey("other");
  std::ifstream key(host.folder() / "other.pub");
  std::ofstream(host.folder() / "known") << "[127.0.0.1]:2222 " << std::string(std::istreambuf_iterator<char>(key), {});
  SshMachine machine(host.config(), HOTGATE_AGENT);
  const auto started = machine.start(generous());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, ErrorKind::input);
  EXPECT_THAT(started.error().message(), HasSubstr("Host key verification failed"));
  EXPECT_FALSE(fs::exists(host.guestFolder()));
}

TEST_F(Ssh, AnUnknownHostIsRefusedAndNotRemembered) {
  fs::resize_file(host.folder() / "known", 0);
  SshMachine machine(host.config(), HOTGATE_AGENT);
  const auto connected = machine.connect(generous());
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().kind, ErrorKind::input);
  EXPECT_EQ(fs::file_size(host.folder() / "known"), 0U);
}

TEST_F(Ssh, ARefusedKeyIsSaidAtOnce) {
  host.makeKey("stranger");
  SshConfig config = host.config();
  config.identity = host.folder() / "stranger";
  SshMachine machine(config, HOTGATE_AGENT);
  const auto begin = Clock::now();
  const auto connected = machine.connect(generous());
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().kind, ErrorKind::input);
  EXPECT_THAT(connected.error().message(), HasSubstr("Permission denied"));
  EXPECT_LT(Clock::now() - begin, seconds(60)); // not tried until the deadline
}

TEST_F(Ssh, AConnectionThatIsCutIsAFaultOfTheLab) {
  SshMachine machine(host.config(), HOTGATE_AGENT);
  ASSERT_TRUE(machine.start(generous()));
  auto channel = machine.connect(generous());
  ASSERT_TRUE(channel) << channel.error().message();
  ProcessAgent agent(*std::move(channel));
  ASSERT_TRUE(agent.ping(generous()));
  host.kill();
  const auto counters = agent.counters(8, generous());
  ASSERT_FALSE(counters);
  EXPECT_EQ(counters.error().kind, ErrorKind::fault);
  EXPECT_FALSE(agent.wasRefused());
  const auto again = machine.connect(after(seconds(3)));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::fault);
}

TEST(SshBatch, NamesAreQuotedAndPatternsRefused) {
  SshConfig config;
  config.folder = "/C:/hot gate";
  EXPECT_EQ(uploadBatch(config, {{"/tmp/a \"b\\c.exe", "post/x.exe"}}).value(),
            "-mkdir \"/C:/hot gate\"\n-mkdir \"/C:/hot gate/post\"\nput \"/tmp/a \\\"b\\\\c.exe\" \"/C:/hot "
            "gate/post/x.exe\"\n");
  for (const char *name : {"/tmp/a*.exe", "/tmp/a\nrm b", "/tmp/a?", "/tmp/[a]"})
    EXPECT_FALSE(uploadBatch(config, {{name, "x.exe"}})) << name;
}

class Packets : public Ssh {};

TEST_F(Packets, FramesPassBetweenADeviceAndItsPeer) {
  runTool({"ip", "link", "add", "near", "type", "veth", "peer", "name", "far"});
  EXPECT_FALSE(PacketLink::open("near")); // it is down
  runTool({"sysctl", "-q", "-w", "net.ipv6.conf.near.disable_ipv6=1", "net.ipv6.conf.far.disable_ipv6=1"});
  for (const char *device : {"near", "far"})
    runTool({"ip", "link", "set", device, "up"});
  PacketLink near = PacketLink::open("near").value();
  PacketLink far = PacketLink::open("far").value();
  Frame frame(64, 0x5a);
  frame[12] = 0x88; // an Ethernet type for experiments
  frame[13] = 0xb5;
  ASSERT_TRUE(near.send(frame));
  EXPECT_EQ(far.receive(generous()).value(), frame);
  frame[20] = 1;
  ASSERT_TRUE(far.send(frame));
  EXPECT_EQ(near.receive(generous()).value(), frame);
  // Not what it sent itself.
  EXPECT_EQ(far.receive(after(std::chrono::milliseconds(50))).value(), std::nullopt);
  for (const char *device : {"nowhere", "", "a-name-that-is-too-long-for-a-device"})
    EXPECT_FALSE(PacketLink::open(device)) << device;
  runTool({"ip", "link", "del", "near"});
  EXPECT_FALSE(near.send(frame));
}

} // namespace
} // namespace hotgate::harness
