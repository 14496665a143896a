// A real domain: libvirtd and QEMU in namespaces of the test's own, a machine with an empty disk. Nobody answers on its
// channel, so what is tested is that it starts, is reverted, has the channel, and is ended.
#include "harness/guest/libvirt_machine.h"
#include "harness/vm/child_process.h"

#include <cstring>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <thread>

namespace hotgate::harness {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

// Everything that libvirtd writes lies in memory; QEMU runs as the test's own user.
constexpr const char *prepare = R"(set -e
for folder in /run /var/lib /var/cache /var/log; do mount -t tmpfs tmpfs $folder; done
mount -t sysfs sysfs /sys
mkdir -p /run/libvirt /run/conf /run/user /var/log/libvirt /var/lib/libvirt /var/cache/libvirt
ip link set lo up
cat > /run/conf/qemu.conf <<X
user = "root"
group = "root"
security_driver = "none"
remember_owner = 0
cgroup_controllers = [ ]
namespaces = [ ]
X
printf 'unix_sock_group = "root"\nauth_unix_rw = "none"\n' > /run/conf/libvirtd.conf
mkdir -p /run/conf/nwfilter /run/conf/secrets
mount --bind /run/conf /etc/libvirt
# Names that Debian's package of the system daemon would make.
(cat /etc/passwd; echo libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin) > /run/passwd
(cat /etc/group; echo libvirt-qemu:x:64055:; echo kvm:x:64056:) > /run/group
mount --bind /run/passwd /etc/passwd
mount --bind /run/group /etc/group
qemu-img create -q -f qcow2 /run/disk.qcow2 16M
cat > /run/domain.xml <<X
<domain type='qemu'><name>win2025</name><memory unit='MiB'>128</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type></os>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/run/disk.qcow2'/><target dev='sda' bus='sata'/></disk>
<channel type='unix'><target type='virtio' name='hotgate.agent'/></channel></devices></domain>
X
)";

std::string run(const std::vector<std::string> &arguments) {
  auto tool = ChildProcess::start({.arguments = arguments});
  EXPECT_TRUE(tool) << tool.error().message();
  const auto code = tool->wait(after(seconds(60)));
  EXPECT_TRUE(code && *code == 0) << tool->outputTail();
  return tool->outputTail();
}

std::string virsh(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"virsh", "-c", "qemu:///system"});
  return run(arguments);
}

TEST(LibvirtDomain, IsRevertedHasItsChannelAndIsEnded) {
  ASSERT_EQ(unshare(CLONE_NEWNET | CLONE_NEWNS), 0) << std::strerror(errno) << ": needs root";
  ASSERT_EQ(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0) << std::strerror(errno);
  run({"sh", "-c", prepare});
  auto daemon = ChildProcess::start({.arguments = {"unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sh",
                                                   "-c", "virtlogd -d; libvirtd -f /etc/libvirt/libvirtd.conf; true"}});
  ASSERT_TRUE(daemon) << daemon.error().message();
  for (const Deadline deadline = after(seconds(60)); !std::filesystem::exists("/run/libvirt/libvirt-sock");) {
    ASSERT_TRUE(daemon->isRunning() && Clock::now() < deadline) << daemon->outputTail();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  virsh({"define", "/run/domain.xml"});
  virsh({"start", "win2025"});
  virsh({"snapshot-create-as", "win2025", "clean"});
  virsh({"destroy", "win2025"});

  LibvirtConfig config;
  config.uri = "qemu:///system";
  config.domain = "win2025";
  config.snapshot = "clean";
  {
    LibvirtMachine machine(config);
    const auto started = machine.start(after(seconds(60)));
    ASSERT_TRUE(started) << started.error().message();
    EXPECT_THAT(virsh({"domstate", "win2025"}), HasSubstr("running"));
    const auto connected = machine.connect(after(seconds(2)));
    ASSERT_FALSE(connected);
    // The channel is open; it is the agent that does not answer.
    EXPECT_THAT(connected.error().message(), HasSubstr("no answer within the deadline"));
  }
  EXPECT_THAT(virsh({"domstate", "win2025"}), HasSubstr("shut off"));
}

} // namespace
} // namespace hotgate::harness
