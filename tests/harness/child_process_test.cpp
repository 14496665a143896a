// Child processes end with us, whatever ends us.
#include "harness/vm/child_process.h"

#include "tests/harness/forked_parent.h"
#include "tests/harness/temporary_folder.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>

namespace hotgate::harness {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ChildProcess, RunsAndKeepsItsOutput) {
  auto child = ChildProcess::start({.arguments = {"sh", "-c", "echo out; echo err >&2; printf '\\033[2J'; exit 3"}});
  ASSERT_TRUE(child);
  EXPECT_EQ(child->wait(after(seconds(10))), 3);
  EXPECT_EQ(child->outputTail(), "out\nerr\n\\x1b[2J");
}

TEST(ChildProcess, AMissingProgramIsAnInputError) {
  const auto child = ChildProcess::start({.arguments = {"hotgate-no-such-program"}});
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().kind, ErrorKind::input);
  EXPECT_THAT(child.error().message(), testing::HasSubstr("hotgate-no-such-program"));
}

TEST(ChildProcess, IsKilledAtItsDeadlineAndByItsDestructor) {
  auto slow = ChildProcess::start({.arguments = {"sleep", "100"}});
  const int slowPid = slow->pid();
  EXPECT_FALSE(slow->wait(after(milliseconds(30))));
  EXPECT_NE(kill(slowPid, 0), 0);

  int droppedPid = 0;
  {
    auto dropped = ChildProcess::start({.arguments = {"sleep", "100"}});
    droppedPid = dropped->pid();
  }
  EXPECT_NE(kill(droppedPid, 0), 0);
}

TEST(ChildProcess, AtItsDeadlineItMayCleanUp) {
  const TemporaryFolder folder;
  const std::string mark = (folder.path() / "cleaned").string();
  auto child = ChildProcess::start(
      {.arguments = {"sh", "-c",
                     fmt::format("trap 'echo done > {}; exit 0' TERM; echo ready; while :; do sleep 0.05; done", mark)},
       .deathSignal = SIGTERM});
  ASSERT_TRUE(child);
  while (child->outputTail() != "ready" && child->isRunning())
    std::this_thread::sleep_for(milliseconds(5));
  EXPECT_FALSE(child->wait(after(milliseconds(1))));
  EXPECT_TRUE(std::filesystem::exists(mark));
}

TEST(ChildProcess, AFloodOfOutputIsKeptUpToALimit) {
  auto child = ChildProcess::start({.arguments = {"sh", "-c", "yes | head -c 64000000; echo end of the flood >&2"}});
  ASSERT_TRUE(child);
  ASSERT_TRUE(child->wait(after(seconds(60))));
  EXPECT_EQ(child->outputTail(4), "y\ny");
  std::string everything = child->outputTail(size_t{1} << 30U);
  EXPECT_LE(everything.size(), static_cast<size_t>(ChildProcess::outputLimit));
}

TEST(ChildProcess, OnlyNamedDescriptorsAreInherited) {
  SocketPair pair = makeSocketPair().value();
  SocketPair other = makeSocketPair().value();
  auto child = ChildProcess::start({.arguments = {"sh", "-c",
                                                  fmt::format("test -e /proc/self/fd/{} && test ! -e /proc/self/fd/{}",
                                                              pair.theirs.get(), other.theirs.get())},
                                    .inherited = {pair.theirs.get()}});
  EXPECT_EQ(child->wait(after(seconds(10))), 0);
}

// Before that it ends by its own check that the parent is still there.
bool hasBecome(pid_t pid, const std::string &program) {
  for (const Deadline deadline = after(seconds(5)); Clock::now() < deadline;) {
    std::ifstream comm(fmt::format("/proc/{}/comm", pid));
    if (std::string name; std::getline(comm, name) && name == program)
      return true;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return false;
}

// The parent is a process of its own, since it is ended by force.
class DyingParent : public testing::TestWithParam<int> {};
TEST_P(DyingParent, TakesItsChildrenAlong) {
  ForkedParent parent([](const auto &report) {
    auto child = ChildProcess::start({.arguments = {"sleep", "100"}});
    report(child ? child->pid() : -1);
  });
  ASSERT_GT(parent.child(), 0);
  ASSERT_TRUE(hasBecome(parent.child(), "sleep"));
  ASSERT_TRUE(parent.end(GetParam()));
  EXPECT_TRUE(endsWithin(parent.child(), seconds(5)));
}
INSTANTIATE_TEST_SUITE_P(Signals, DyingParent, testing::Values(SIGINT, SIGTERM, SIGKILL));

} // namespace
} // namespace hotgate::harness
