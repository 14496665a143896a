// Child processes: see child_process.h.
#include "tests/corpus/child_process.h"

#include <array>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace hotgate::corpus_test {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int cannotStart = 127;

std::vector<char *> pointers(const std::vector<std::string> &strings) {
  std::vector<char *> result;
  result.reserve(strings.size() + 1);
  for (const auto &string : strings)
    result.push_back(const_cast<char *>(string.c_str()));
  result.push_back(nullptr);
  return result;
}

// What the child does between fork and exec: system calls only.
[[noreturn]] void becomeChild(char *const *command, char *const *environment, int output, const char *directory,
                              int networkNamespace) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const bool prepared = (networkNamespace < 0 || setns(networkNamespace, CLONE_NEWNET) == 0) &&
                        (!directory || chdir(directory) == 0) && dup2(output, STDOUT_FILENO) >= 0 &&
                        dup2(output, STDERR_FILENO) >= 0;
  if (prepared)
    execvpe(command[0], command, environment);
  _exit(cannotStart);
}

} // namespace

Result<ChildProcess> ChildProcess::start(const std::vector<std::string> &command, const ChildOptions &options) {
  std::vector<std::string> environment;
  for (char **variable = environ; *variable; ++variable)
    environment.emplace_back(*variable);
  environment.insert(environment.end(), options.environment.begin(), options.environment.end());
  const auto commandPointers = pointers(command);
  const auto environmentPointers = pointers(environment);
  const std::string outputPath = options.output.empty() ? "/dev/null" : options.output.string();
  const int output = open(outputPath.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (output < 0)
    return failFault(outputPath, "", std::strerror(errno));
  const std::string directory = options.directory.string();
  const pid_t pid = fork();
  if (pid == 0)
    becomeChild(commandPointers.data(), environmentPointers.data(), output,
                directory.empty() ? nullptr : directory.c_str(), options.networkNamespace);
  close(output);
  if (pid < 0)
    return failFault(command[0], "", fmt::format("cannot be started: {}", std::strerror(errno)));
  return ChildProcess(pid);
}

ChildProcess::ChildProcess(ChildProcess &&other) noexcept
    : pid_(other.pid_), ended_(other.ended_), status_(other.status_) {
  other.pid_ = 0;
}

ChildProcess &ChildProcess::operator=(ChildProcess &&other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(ended_, other.ended_);
  std::swap(status_, other.status_);
  return *this;
}

ChildProcess::~ChildProcess() { kill(); }

bool ChildProcess::running() {
  if (!ended_ && pid_ > 0 && waitpid(pid_, &status_, WNOHANG) == pid_)
    ended_ = true;
  return pid_ > 0 && !ended_;
}

Result<int> ChildProcess::wait(std::chrono::seconds deadline) {
  const auto end = Clock::now() + deadline;
  while (running()) {
    if (Clock::now() >= end)
      return failFault(fmt::format("process {}", pid_), "", fmt::format("still runs after {} s", deadline.count()));
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
}

void ChildProcess::kill() {
  if (!running())
    return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, &status_, 0);
  ended_ = true;
}

Result<> run(const std::vector<std::string> &command, const ChildOptions &options) {
  HOTGATE_TRY(auto child, ChildProcess::start(command, options));
  HOTGATE_TRY(const int code, child.wait(std::chrono::minutes(1)));
  if (code == 0)
    return {};
  return failFault(fmt::format("{}", fmt::join(command, " ")), "", fmt::format("ended with exit code {}", code),
                   code == cannotStart ? "install the program" : "run the command by hand");
}

Result<std::string> runForOutput(const std::vector<std::string> &command) {
  std::array<char, 32> path = {"/tmp/corpus-test-XXXXXX"};
  const int file = mkstemp(path.data());
  if (file < 0)
    return failFault(path.data(), "", std::strerror(errno));
  close(file);
  const auto done = run(command, {.output = path.data()});
  std::string text = readText(path.data());
  unlink(path.data());
  if (!done)
    return Failure(done.error());
  return text;
}

std::string readText(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

} // namespace hotgate::corpus_test
