#include "tests/harness/forked_parent.h"

#include "harness/vm/deadline.h"

#include <csignal>
#include <fmt/format.h>
#include <fstream>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace hotgate::harness {

namespace {

// kill(pid, 0) also finds a zombie, which runs no more.
bool isGone(pid_t pid) {
  std::ifstream stat(fmt::format("/proc/{}/stat", pid));
  std::string line;
  if (!std::getline(stat, line))
    return true;
  const size_t nameEnd = line.rfind(") ");
  return nameEnd != std::string::npos && line.substr(nameEnd + 2, 1) == "Z";
}

} // namespace

ForkedParent::ForkedParent(const std::function<void(const std::function<void(pid_t)> &)> &start) {
  int report[2];
  if (pipe(report) != 0)
    return;
  pid_ = fork();
  if (pid_ == 0) {
    signal(SIGINT, SIG_DFL);
    start([&](pid_t child) {
      (void)!write(report[1], &child, sizeof child);
      pause();
    });
    _exit(1);
  }
  close(report[1]); // so that reading ends when the process does
  if (read(report[0], &child_, sizeof child_) != static_cast<ssize_t>(sizeof child_))
    child_ = -1;
  close(report[0]);
}

ForkedParent::~ForkedParent() {
  if (pid_ > 0)
    end(SIGKILL);
}

bool ForkedParent::end(int signal) {
  const bool ended = pid_ > 0 && kill(pid_, signal) == 0 && waitpid(pid_, nullptr, 0) == pid_;
  pid_ = -1;
  return ended;
}

bool endsWithin(pid_t pid, std::chrono::seconds span) {
  for (const Deadline deadline = after(span); Clock::now() < deadline;) {
    if (isGone(pid))
      return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

} // namespace hotgate::harness
