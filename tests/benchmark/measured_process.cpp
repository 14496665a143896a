#include "tests/benchmark/measured_process.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hotgate::benchmark {

namespace {

constexpr size_t keptOutput = 4096;

[[noreturn]] void runChild(const std::vector<char *> &arguments, int output, unsigned processorSeconds) {
  const rlimit limit{processorSeconds, processorSeconds};
  ::setrlimit(RLIMIT_CPU, &limit);
  ::dup2(output, STDOUT_FILENO);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

std::string readToEnd(int pipe) {
  std::string kept;
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t got = ::read(pipe, buffer.data(), buffer.size());
    if (got == 0 || (got < 0 && errno != EINTR))
      return kept;
    if (got > 0 && kept.size() < keptOutput)
      kept.append(buffer.data(), static_cast<size_t>(got));
  }
}

double seconds(const timeval &time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

Result<> checkStatus(const std::string &program, int status, unsigned processorSeconds) {
  if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
    return failInput(program, "", fmt::format("it was ended past {} s of processor time", processorSeconds));
  if (WIFSIGNALED(status))
    return failInput(program, "", fmt::format("signal {} ended it", WTERMSIG(status)));
  if (WEXITSTATUS(status) == 127)
    return failFault(program, "", "it cannot be started", "build it first");
  if (WEXITSTATUS(status) != 0)
    return failInput(program, "", fmt::format("it ended with exit code {}", WEXITSTATUS(status)));
  return {};
}

} // namespace

Result<Cost> measure(const std::vector<std::string> &command, unsigned processorSeconds) {
  std::vector<char *> arguments;
  for (const std::string &word : command)
    arguments.push_back(const_cast<char *>(word.c_str()));
  arguments.push_back(nullptr);
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
    return failFault(command[0], "", fmt::format("no pipe: {}", std::strerror(errno)));

  const auto begin = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0)
    runChild(arguments, pipe[1], processorSeconds);
  ::close(pipe[1]);
  Cost cost;
  if (child > 0)
    cost.output = readToEnd(pipe[0]);
  ::close(pipe[0]);
  if (child < 0)
    return failFault(command[0], "", "no process can be had for it");
  int status = 0;
  rusage usage{};
  while (::wait4(child, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  cost.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  cost.processor = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  cost.peakMegabytes = static_cast<double>(usage.ru_maxrss) / 1024;
  HOTGATE_CHECK(checkStatus(command[0], status, processorSeconds));
  return cost;
}

} // namespace hotgate::benchmark
