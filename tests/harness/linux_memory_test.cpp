// Finding a module's process, and reading its /proc/PID/smaps_rollup.
#include "harness/guest/linux_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotgate::harness {
namespace {

TEST(PrivateDirty, IsReadInBytes) {
  EXPECT_EQ(parsePrivateDirty("00400000-7fff ---p 00000000 00:00 0 [rollup]\nRss:   5000 kB\nShared_Dirty:   1 kB\n"
                              "Private_Dirty:      3484 kB\nReferenced: 9 kB\n"),
            3484 * 1024);
}

TEST(PrivateDirty, AnythingElseIsRefused) {
  for (const char *text : {"", "Private_Dirty: 4 kB\n", "\nPrivate_Dirty:\n", "\nPrivate_Dirty: kB\n",
                           "\nPrivate_Dirty: -4 kB\n", "\nPrivate_Dirty: 4 MB\n", "\nPrivate_Dirty: 4x kB\n",
                           "\nPrivate_Dirty: 99999999999999999999 kB\n", "\nPrivate_Dirty: 9223372036854775807 kB\n"})
    EXPECT_FALSE(parsePrivateDirty(text)) << text;
}

// As after a restart of the service: the one that has stopped is still there for a while.
TEST(OnlyProcess, IsAwaitedWhileAnotherEnds) {
  int asked = 0;
  const ProcessList list = [&]() -> Result<std::vector<int64_t>> {
    return ++asked < 3 ? std::vector<int64_t>{7, 8} : std::vector<int64_t>{8};
  };
  const auto found = awaitOnlyProcess("dhcpsrv.exe", list, after(std::chrono::seconds(60)));
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(*found, 8);
}

TEST(OnlyProcess, NoneAndTwoAreAFaultAtTheDeadline) {
  for (const std::vector<int64_t> &processes : {std::vector<int64_t>{}, std::vector<int64_t>{7, 8}}) {
    const auto found = awaitOnlyProcess(
        "dhcpsrv.exe", [&]() -> Result<std::vector<int64_t>> { return processes; },
        after(std::chrono::milliseconds(1)));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().kind, ErrorKind::fault);
    EXPECT_THAT(found.error().message(),
                testing::HasSubstr(fmt::format("expected one process of this name, found {}", processes.size())));
  }
}

} // namespace
} // namespace hotgate::harness
