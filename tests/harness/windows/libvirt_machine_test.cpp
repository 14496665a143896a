// Domains of libvirt, with libvirt's own test driver in this process: start, revert, end; and the channel, with a
// scripted agent on the socket that the domain's XML names.
#include "harness/guest/libvirt_machine.h"

#include "tests/harness/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace hotgate::harness {
namespace {

Deadline soon() { return after(std::chrono::seconds(5)); }

// The test driver's hypervisor lives while a connection to it is open.
class Libvirt : public testing::Test {
protected:
  Libvirt() : connection_(virConnectOpen("test:///default")) {
    config.uri = "test:///default";
    config.domain = "hotgate-windows";
    socket = folder.path() / "agent.sock";
    const std::string xml = fmt::format(
        "<domain type='test'><name>{}</name><memory>524288</memory><os><type arch='x86_64'>hvm</type></os><devices>"
        "<channel type='unix'><source mode='bind' path='/nowhere'/><target type='virtio' "
        "name='org.qemu.guest_agent.0'/></channel>"
        "<channel type='unix'><source mode='bind' path='{}'/><target type='virtio' name='hotgate.agent'/></channel>"
        "</devices></domain>",
        config.domain, socket.string());
    domain_ = virDomainDefineXML(connection_, xml.c_str());
    EXPECT_NE(domain_, nullptr) << virGetLastErrorMessage();
  }
  ~Libvirt() override {
    if (isActive())
      virDomainDestroy(domain_);
    virDomainUndefineFlags(domain_, VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA);
    virDomainFree(domain_);
    virConnectClose(connection_);
  }
  Libvirt(const Libvirt &) = delete;
  Libvirt &operator=(const Libvirt &) = delete;

  [[nodiscard]] bool isActive() const { return virDomainIsActive(domain_) == 1; }
  void takeSnapshot(const char *name) {
    ASSERT_EQ(virDomainCreate(domain_), 0) << virGetLastErrorMessage();
    const std::string xml = fmt::format("<domainsnapshot><name>{}</name></domainsnapshot>", name);
    virDomainSnapshotPtr snapshot = virDomainSnapshotCreateXML(domain_, xml.c_str(), 0);
    ASSERT_NE(snapshot, nullptr) << virGetLastErrorMessage();
    virDomainSnapshotFree(snapshot);
    ASSERT_EQ(virDomainDestroy(domain_), 0);
  }

  TemporaryFolder folder;
  std::filesystem::path socket;
  LibvirtConfig config;

private:
  virConnectPtr connection_;
  virDomainPtr domain_ = nullptr;
};

TEST_F(Libvirt, ADomainIsStartedAndEnded) {
  {
    LibvirtMachine machine(config);
    const auto started = machine.start(soon());
    ASSERT_TRUE(started) << started.error().message();
    EXPECT_TRUE(isActive());
  }
  EXPECT_FALSE(isActive());
}

TEST_F(Libvirt, ADomainIsRevertedToItsSnapshot) {
  takeSnapshot("clean");
  config.snapshot = "clean";
  {
    LibvirtMachine machine(config);
    const auto started = machine.start(soon());
    ASSERT_TRUE(started) << started.error().message();
    EXPECT_TRUE(isActive());
  }
  EXPECT_FALSE(isActive());
}

TEST_F(Libvirt, ADomainThatRunsIsNotTakenWithoutASnapshot) {
  LibvirtMachine first(config);
  ASSERT_TRUE(first.start(soon()));
  {
    LibvirtMachine second(config);
    const auto started = second.start(soon());
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().kind, ErrorKind::input);
  }
  EXPECT_TRUE(isActive()) << "the first one's domain was ended by the second";
}

TEST_F(Libvirt, WhatIsNotThereIsAnInputError) {
  LibvirtConfig noSnapshot = config;
  noSnapshot.snapshot = "none";
  LibvirtConfig noDomain = config;
  noDomain.domain = "none";
  LibvirtConfig noHost = config;
  noHost.uri = "test:///nonexistent/file.xml";
  for (const LibvirtConfig &wrong : {noSnapshot, noDomain, noHost}) {
    LibvirtMachine machine(wrong);
    const auto started = machine.start(soon());
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().kind, ErrorKind::input) << started.error().message();
    EXPECT_NE(started.error().reason, "");
  }
  EXPECT_FALSE(isActive());
}

TEST_F(Libvirt, TheAgentIsReachedThroughTheDomainsChannel) {
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket.string().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr *>(&address), sizeof address), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  std::thread agent([listener] {
    const int peer = accept(listener, nullptr, nullptr);
    std::array<char, 4096> buffer{};
    const ssize_t got = recv(peer, buffer.data(), buffer.size() - 1, 0);
    const auto request = nlohmann::json::parse(buffer.data(), buffer.data() + got);
    const std::string reply = nlohmann::json{{"id", request["id"]}, {"ok", true}}.dump() + "\n";
    EXPECT_EQ(send(peer, reply.data(), reply.size(), 0), static_cast<ssize_t>(reply.size()));
    close(peer);
  });
  {
    LibvirtMachine machine(config);
    ASSERT_TRUE(machine.start(soon()));
    const auto connected = machine.connect(soon());
    EXPECT_TRUE(connected) << connected.error().message();
  }
  agent.join();
  close(listener);
}

TEST_F(Libvirt, AChannelThatNobodyServesIsAFaultAndOneThatIsNotThereAnInputError) {
  LibvirtMachine machine(config);
  ASSERT_TRUE(machine.start(soon()));
  const auto nobody = machine.connect(after(std::chrono::milliseconds(100)));
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().kind, ErrorKind::fault);
  LibvirtConfig other = config;
  other.channel = "other";
  EXPECT_EQ(channelSocket("<domain><devices><channel type='pty'><source path='/x'/><target name='other'/></channel>"
                          "</devices></domain>",
                          "other"),
            std::nullopt);
  EXPECT_EQ(channelSocket("<domain", "other"), std::nullopt);
  EXPECT_EQ(channelSocket("", "other"), std::nullopt);
}

} // namespace
} // namespace hotgate::harness
