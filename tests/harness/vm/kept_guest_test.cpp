// A real guest kept in the middle of its life and opened again; and one in which a program does its worst.
#include "harness/guest/kept_shell.h"
#include "harness/lab/guest_keeper.h"
#include "harness/lab/vm_guest.h"
#include "harness/roles/recorded_link.h"
#include "support/output_file.h"
#include "tests/harness/temporary_folder.h"
#include "tests/harness/vm/saved_guest.h"

#include <fstream>
#include <gmock/gmock.h>
#include <thread>
#include <unistd.h>

namespace hotgate::harness {
namespace {

using testing::HasSubstr;

class KeptGuestTest : public SavedGuest {
protected:
  static Deadline soon() { return after(std::chrono::seconds(60)); }

  const TemporaryFolder folder;
};

TEST_F(KeptGuestTest, GoesOnAndOpensAgainAsItWasKept) {
  {
    auto guest = restoreReadyGuest(image, shape, state);
    ASSERT_TRUE(guest) << guest.error().message();
    ASSERT_TRUE(guest->files.runScript("echo before >/tmp/mark", soon()));
    const auto kept = guest->machine.snapshot(folder.path() / keptStateName, soon());
    ASSERT_TRUE(kept) << kept.error().message();
    const auto dumped = guest->machine.dumpMemory(folder.path() / "memory.elf", soon());
    ASSERT_TRUE(dumped) << dumped.error().message();
    ASSERT_TRUE(guest->machine.resume(soon()));
    EXPECT_TRUE(guest->files.runScript("grep -q before /tmp/mark && echo later >/tmp/mark", soon())) << "it goes on";
  }
  EXPECT_GE(std::filesystem::file_size(folder.path() / "memory.elf"), uint64_t{512} << 20U);
  EXPECT_LT(std::filesystem::file_size(folder.path() / keptStateName), uint64_t{600} << 20U);
  ASSERT_TRUE(writeKept(folder.path(), KeptMachine{image, shape, qemuVersion().value()}, {}));
  const auto kept = readKept(folder.path());
  ASSERT_TRUE(kept) << kept.error().message();
  auto shell = KeptShell::open(kept->image, kept->shape, folder.path() / keptStateName);
  ASSERT_TRUE(shell) << shell.error().message();
  const auto run = [&](const std::string &line) { return shell->run(line, soon()).value(); };
  EXPECT_EQ(run("cat /tmp/mark").output, "before\n");
  EXPECT_EQ(run("cat /tmp/mark").exitCode, "0");
  EXPECT_EQ(run("printf '\\033[2J\\001x'; exit 3").output, "\\x1b[2J\\x01x\n");
  EXPECT_EQ(run("exit 3").exitCode, "3");
  EXPECT_EQ(run("echo \"it's\" '$HOME'").output, "it's $HOME\n");
  EXPECT_LE(run("yes").output.size(), KeptShell::outputLimit + 2) << "it is cut in the guest, and ends";
}

// By another thread, while the run's is in the middle of one call after the other: as when a job's time is over.
TEST_F(KeptGuestTest, IsKeptWhereverTheRunIs) {
  const std::filesystem::path kb = std::filesystem::path(HOTGATE_CORPUS) / "good";
  GuestSetup setup{.cache = cache,
                   .agent = HOTGATE_AGENT,
                   .preImage = kb / "pre/dhcpsrv.exe",
                   .hotpatchImage = kb / "hotpatch/dhcpsrv.exe",
                   .postImage = kb / "post/dhcpsrv.exe",
                   .address = "10.77.0.1/24",
                   .config = {}};
  setup.config.serviceName = "HotgateDhcp";
  VmGuest guest(setup, say);
  GuestKeeper keeper({folder.path() / "guest", false});
  std::optional<Result<>> kept;
  std::jthread late;
  {
    const KeptInSight inSight(&keeper, guest);
    ASSERT_TRUE(guest.restore());
    late = std::jthread([&] { keeper.keepLate([&](const Result<> &result) { kept = result; }); });
    for (const Deadline end = after(std::chrono::seconds(1)); Clock::now() < end;)
      (void)guest.queryService();
  }
  late.join();
  ASSERT_TRUE(kept && *kept) << (kept ? kept->error().message() : "nobody said");
  const auto opened = readKept(folder.path() / "guest");
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_THAT(readFile(folder.path() / "guest/guest.json").value(), HasSubstr("in the middle of a call"));
  auto shell = KeptShell::open(opened->image, opened->shape, folder.path() / "guest" / keptStateName);
  ASSERT_TRUE(shell) << shell.error().message();
  EXPECT_EQ(shell->run("ls /hotgate/prefix/drive_c/hotgate/post", soon()).value().output, "dhcpsrv.exe\n");
}

TEST_F(KeptGuestTest, AJobWithoutAGuestSaysSo) {
  GuestKeeper keeper({folder.path() / "guest", false});
  keeper.keepLate([](const Result<> &kept) {
    ASSERT_FALSE(kept);
    EXPECT_THAT(kept.error().message(), HasSubstr("the job had no guest at that moment"));
  });
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "guest"));
}

TEST_F(KeptGuestTest, IsRefusedWhenWhatItNeedsIsGone) {
  const auto refusal = [&](const KeptMachine &machine) {
    EXPECT_TRUE(writeKept(folder.path(), machine, {}));
    const auto kept = readKept(folder.path());
    return kept ? std::string("opened") : kept.error().message();
  };
  const KeptMachine kept{image, shape, qemuVersion().value()};
  EXPECT_THAT(refusal(kept), HasSubstr("state is not there any more"));
  folder.write(keptStateName, "x");
  KeptMachine other = kept;
  other.qemu = "QEMU emulator version 1.0";
  EXPECT_THAT(refusal(other), HasSubstr("was kept by QEMU emulator version 1.0"));
  other = kept;
  other.image.root = "/nowhere/root.sqfs";
  EXPECT_THAT(refusal(other), HasSubstr("/nowhere/root.sqfs is not there any more"));
  ASSERT_TRUE(writeKept(folder.path(), std::nullopt, {"nothing"}));
  EXPECT_THAT(readKept(folder.path()).error().message(), HasSubstr("names no machine"));
}

int64_t residentBytes() {
  int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return pages * sysconf(_SC_PAGESIZE);
}

// A program in the guest floods the wire, the console and the agent's port, all at once. What waits for it has its
// deadline, what is read is bounded, and another guest of the same harness is none the slower to answer.
TEST_F(KeptGuestTest, AFloodingGuestCostsOnlyItself) {
  auto flooding = restoreReadyGuest(image, shape, state);
  ASSERT_TRUE(flooding) << flooding.error().message();
  auto other = restoreReadyGuest(image, shape, state);
  ASSERT_TRUE(other) << other.error().message();
  ASSERT_TRUE(flooding->files.startScript(
      "ip addr add 10.77.0.1/24 dev eth0; ip link set eth0 up; "
      "ip route add 224.0.0.0/4 dev eth0; "
      "( bash -c 'exec 3>/dev/udp/224.0.0.9/9; while :; do printf %01400d 0 >&3; done' & ); "
      "( while :; do echo flood; done >/dev/ttyS0 & ); "
      "while :; do echo '{\"id\":1,\"ok\":true}'; done >/dev/virtio-ports/hotgate.agent",
      soon()));
  const int64_t before = residentBytes();
  StreamLink wire(std::move(flooding->link));
  RecordedLink link(wire);
  const auto begin = Clock::now();
  int64_t frames = 0;
  while (Clock::now() < begin + std::chrono::seconds(5)) {
    const auto frame = link.receive(after(std::chrono::milliseconds(100)));
    ASSERT_TRUE(frame) << frame.error().message();
    frames += *frame ? 1 : 0;
  }
  EXPECT_GT(frames, 100) << "it does flood";
  const auto asked = Clock::now();
  (void)flooding->agent.queryService("HotgateDhcp", after(std::chrono::seconds(3)));
  EXPECT_LT(Clock::now() - asked, std::chrono::seconds(10)) << "a deadline is one";
  EXPECT_LE(link.frames().size(), RecordedLink::mostFrames);
  EXPECT_LT(residentBytes() - before, int64_t{64} << 20U);
  EXPECT_LE(flooding->machine.consoleTail(size_t{64} << 20U).size(),
            4 * static_cast<size_t>(ChildProcess::outputLimit));
  EXPECT_TRUE(other->agent.ping(soon()));
  std::cerr << frames << " frames in 5 s\n";
}

} // namespace
} // namespace hotgate::harness
