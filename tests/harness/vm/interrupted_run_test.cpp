// Ctrl-C in the middle of a run: no QEMU process stays, and no socket or file of ours.
#include "harness/guest/ready_guest.h"

#include <csignal>
#include <fstream>
#include <gtest/gtest.h>
#include <iostream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

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

// kill(pid, 0) also finds a zombie, which runs no more.
bool isGone(pid_t pid) {
  std::ifstream stat(fmt::format("/proc/{}/stat", pid));
  std::string line;
  if (!std::getline(stat, line))
    return true;
  const size_t nameEnd = line.rfind(") ");
  return nameEnd != std::string::npos && line.substr(nameEnd + 2, 1) == "Z";
}

class InterruptedRun : public testing::TestWithParam<int> {};

TEST_P(InterruptedRun, LeavesNoQemuAndNoSocket) {
  const auto cache = defaultCacheFolder().value();
  const Progress say = [](std::string_view text) { std::cerr << text << "\n"; };
  const auto image = provideGuestImage(cache, say);
  ASSERT_TRUE(image) << image.error().message();
  int report[2];
  ASSERT_EQ(pipe(report), 0);
  const pid_t run = fork();
  if (run == 0) {
    signal(SIGINT, SIG_DFL);
    auto machine = Machine::boot(*image, {}, after(std::chrono::seconds(60)));
    const int pid = machine ? machine->pid() : -1;
    (void)!write(report[1], &pid, sizeof pid);
    pause();
    _exit(1);
  }
  int qemu = -1;
  ASSERT_EQ(read(report[0], &qemu, sizeof qemu), static_cast<ssize_t>(sizeof qemu));
  ASSERT_GT(qemu, 0);
  EXPECT_TRUE(namedSockets(qemu).empty());
  ASSERT_EQ(kill(run, GetParam()), 0);
  ASSERT_EQ(waitpid(run, nullptr, 0), run);
  bool gone = false;
  for (const Deadline deadline = after(std::chrono::seconds(5)); !gone && Clock::now() < deadline;) {
    gone = isGone(qemu);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(gone) << "QEMU, PID " << qemu << ", still runs";
  close(report[0]);
  close(report[1]);
}
INSTANTIATE_TEST_SUITE_P(Signals, InterruptedRun, testing::Values(SIGINT, SIGTERM, SIGKILL));

} // namespace
} // namespace hotgate::harness
