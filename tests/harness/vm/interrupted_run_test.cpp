// Ctrl-C in the middle of a run: no QEMU process stays, and no socket or file of ours.
#include "harness/guest/ready_guest.h"

#include "tests/harness/forked_parent.h"

#include <csignal>
#include <fstream>
#include <gtest/gtest.h>
#include <iostream>

namespace hotgate::harness {
namespace {

// Names of UNIX sockets that have one, from the whole machine; a run must add none.
std::vector<std::string> namedSockets(pid_t pid) {
  std::vector<std::string> names;
  std::ifstream sockets(fmt::format("/proc/{}/net/unix", pid));
  for (std::string line; std::getline(sockets, line);)
    if (line.find("hotgate") != std::string::npos)
      names.push_back(line);
  return names;
}

class InterruptedRun : public testing::TestWithParam<int> {};

TEST_P(InterruptedRun, LeavesNoQemuAndNoSocket) {
  const auto cache = defaultCacheFolder().value();
  const Progress say = [](std::string_view text) { std::cerr << text << "\n"; };
  const auto image = provideGuestImage(cache, say);
  ASSERT_TRUE(image) << image.error().message();
  ForkedParent run([&](const auto &report) {
    auto machine = Machine::boot(*image, {}, after(std::chrono::seconds(60)));
    report(machine ? machine->pid() : -1);
  });
  const pid_t qemu = run.child();
  ASSERT_GT(qemu, 0);
  EXPECT_TRUE(namedSockets(qemu).empty());
  ASSERT_TRUE(run.end(GetParam()));
  EXPECT_TRUE(endsWithin(qemu, std::chrono::seconds(5))) << "QEMU, PID " << qemu << ", still runs";
}
INSTANTIATE_TEST_SUITE_P(Signals, InterruptedRun, testing::Values(SIGINT, SIGTERM, SIGKILL));

} // namespace
} // namespace hotgate::harness
