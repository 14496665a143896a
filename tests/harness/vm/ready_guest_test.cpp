// A real guest: built, booted, saved, restored.
#include "tests/harness/temporary_folder.h"
#include "tests/harness/vm/saved_guest.h"

#include <algorithm>
#include <filesystem>

namespace hotgate::harness {
namespace {

class ReadyGuestTest : public SavedGuest {};

TEST_F(ReadyGuestTest, IsRestoredInUnderTwoSecondsWithBothAgentsAnswering) {
  Clock::duration best = Clock::duration::max(); // of three: the machine may do something else meanwhile
  for (int attempt = 0; attempt < 3; ++attempt) {
    const auto before = Clock::now();
    auto guest = restoreReadyGuest(image, shape, state);
    ASSERT_TRUE(guest) << guest.error().message();
    best = std::min(best, Clock::duration(Clock::now() - before));
  }
  RecordProperty("restore_ms", static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(best).count()));
  EXPECT_LT(best, std::chrono::seconds(2));
}

TEST_F(ReadyGuestTest, ADamagedStateIsRemovedAndMadeAnew) {
  const TemporaryFolder folder;
  const std::filesystem::path damaged = folder.path() / "guest-damaged" / "state";
  std::filesystem::create_directory(damaged.parent_path());
  std::filesystem::copy_file(state, damaged);
  std::filesystem::resize_file(damaged, std::filesystem::file_size(damaged) / 2);
  const auto guest = restoreReadyGuest(image, shape, damaged);
  ASSERT_FALSE(guest);
  EXPECT_NE(guest.error().next.find("made anew"), std::string::npos) << guest.error().message();
  EXPECT_FALSE(std::filesystem::exists(damaged.parent_path()));
}

// A debugger would keep a crashed process, which then looks hung.
TEST_F(ReadyGuestTest, NoDebuggerKeepsACrashedProcess) {
  auto guest = restoreReadyGuest(image, shape, state);
  ASSERT_TRUE(guest) << guest.error().message();
  const Deadline deadline = after(std::chrono::seconds(90));
  // rundll32 calls what it is told to: an exception that nobody handles.
  EXPECT_TRUE(guest->files.runScript("export PATH=/usr/lib/wine:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "
                                     "WINEPREFIX=/hotgate/prefix WINEDEBUG=-all; "
                                     "timeout 60 wine64 rundll32 kernel32.dll,DebugBreak >/tmp/crash.log 2>&1; "
                                     "code=$?; [ $code -ne 143 ] && [ $code -ne 0 ]",
                                     deadline));
  EXPECT_TRUE(guest->files.runScript("! cat /proc/[0-9]*/comm | grep -q winedbg", deadline));
}

TEST_F(ReadyGuestTest, FilesGoInAndComeOutWhole) {
  auto guest = restoreReadyGuest(image, shape, state);
  ASSERT_TRUE(guest) << guest.error().message();
  std::vector<uint8_t> content(1 << 20);
  for (size_t at = 0; at < content.size(); ++at)
    content[at] = static_cast<uint8_t>(at * 31 >> 3U);
  const Deadline deadline = after(std::chrono::seconds(60));
  ASSERT_TRUE(guest->files.writeFile("/tmp/file", content, deadline));
  EXPECT_EQ(guest->files.readFile("/tmp/file", content.size(), deadline), std::string(content.begin(), content.end()));
  EXPECT_FALSE(guest->files.readFile("/tmp/file", content.size() - 1, deadline));
  EXPECT_FALSE(guest->files.runScript("exit 7", deadline));
}

TEST_F(ReadyGuestTest, CannotReachAnythingOutside) {
  auto guest = restoreReadyGuest(image, shape, state);
  ASSERT_TRUE(guest) << guest.error().message();
  const Deadline deadline = after(std::chrono::seconds(60));
  // One NIC, whose other end is our socket; no route, no host folder.
  EXPECT_TRUE(guest->files.runScript("test \"$(ls /sys/class/net)\" = \"$(printf 'eth0\\nlo')\"", deadline));
  EXPECT_TRUE(guest->files.runScript("test -z \"$(ip route)\"", deadline));
  EXPECT_FALSE(guest->files.runScript("grep -q -e 9p -e virtiofs /proc/mounts", deadline));
}

TEST_F(ReadyGuestTest, ACallOfTheAgentCostsMilliseconds) {
  auto guest = restoreReadyGuest(image, shape, state);
  ASSERT_TRUE(guest) << guest.error().message();
  const auto before = Clock::now();
  for (int call = 0; call < 20; ++call)
    ASSERT_TRUE(guest->agent.ping(after(std::chrono::seconds(10))));
  EXPECT_LT(Clock::now() - before, std::chrono::seconds(2));
}

} // namespace
} // namespace hotgate::harness
