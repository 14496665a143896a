// Limits: Linux (prctl, memfd_create).
#include "harness/vm/child_process.h"

#include "harness/vm/channel.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sstream>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace hotgate::harness {
namespace {

constexpr std::chrono::seconds cleanUpTime{20}; // mmdebstrap removes a root of some 10000 files

// Memory that takes outputLimit bytes and refuses more.
FileDescriptor makeOutput() {
  FileDescriptor output(memfd_create("hotgate-child-output", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (output.isOpen() && (ftruncate(output.get(), ChildProcess::outputLimit) != 0 ||
                          fcntl(output.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) != 0))
    output.close();
  return output;
}

// Between fork and exec only async-signal-safe calls are allowed: other threads may hold any lock.
[[noreturn]] void runChild(const char *path, char *const *arguments, const std::vector<int> &inherited, int input,
                           int output, int deathSignal, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, deathSignal);
  if (getppid() != parent) // the parent died before the line above
    _exit(127);
  dup2(input, 0);
  dup2(output, 1);
  dup2(output, 2);
  for (const int descriptor : inherited)
    fcntl(descriptor, F_SETFD, 0);
  execv(path, arguments);
  _exit(127);
}

} // namespace

std::string findProgram(const std::string &name) {
  if (name.find('/') != std::string::npos)
    return name;
  const char *path = std::getenv("PATH"); // NOLINT: nobody sets the environment
  std::istringstream folders(path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = folder + "/" + name;
    std::error_code ignored;
    if (std::filesystem::is_regular_file(candidate, ignored) && access(candidate.c_str(), X_OK) == 0)
      return candidate;
  }
  return {};
}

std::string shellQuoted(const std::string &text) {
  std::string quoted = "'";
  for (const char character : text)
    if (character == '\'')
      quoted += "'\\''";
    else
      quoted += character;
  quoted += '\'';
  return quoted;
}

Result<ChildProcess> ChildProcess::start(const Options &options) {
  const std::string &name = options.arguments.front();
  const std::string path = findProgram(name);
  if (path.empty())
    return failInput(name, "", "not found in PATH", fmt::format("install the package that has {}", name));
  FileDescriptor output = makeOutput();
  const FileDescriptor input(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!output.isOpen() || !input.isOpen())
    return failFault(name, "", fmt::format("no descriptor for its output: {}", std::strerror(errno)),
                     "raise the limit of open files (ulimit -n)");

  std::vector<char *> arguments;
  for (const std::string &argument : options.arguments)
    arguments.push_back(const_cast<char *>(argument.c_str())); // NOLINT: execv does not write
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0)
    runChild(path.c_str(), arguments.data(), options.inherited, input.get(), output.get(), options.deathSignal, parent);
  if (child < 0)
    return failFault(name, "", fmt::format("cannot start: {}", std::strerror(errno)), "end other processes");
  return ChildProcess(name, child, options.deathSignal, std::move(output));
}

ChildProcess::ChildProcess(ChildProcess &&other) noexcept
    : program_(std::move(other.program_)), pid_(std::exchange(other.pid_, -1)), deathSignal_(other.deathSignal_),
      exitCode_(other.exitCode_), output_(std::move(other.output_)) {}

ChildProcess &ChildProcess::operator=(ChildProcess &&other) noexcept {
  if (this != &other) {
    kill();
    program_ = std::move(other.program_);
    pid_ = std::exchange(other.pid_, -1);
    deathSignal_ = other.deathSignal_;
    exitCode_ = other.exitCode_;
    output_ = std::move(other.output_);
  }
  return *this;
}

ChildProcess::~ChildProcess() { kill(); }

bool ChildProcess::isRunning() {
  if (pid_ < 0)
    return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_)
    return true;
  pid_ = -1;
  exitCode_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return false;
}

Result<int> ChildProcess::wait(Deadline deadline) {
  while (isRunning()) {
    if (Clock::now() >= deadline) {
      kill();
      return failFault(program_, "", "still runs at its deadline", "see what it printed: " + outputTail());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return exitCode_;
}

void ChildProcess::kill() {
  if (!isRunning())
    return;
  if (deathSignal_ != SIGKILL) {
    ::kill(pid_, deathSignal_);
    for (const Deadline deadline = after(cleanUpTime); Clock::now() < deadline;) {
      if (!isRunning())
        return;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  exitCode_ = 128 + SIGKILL;
}

std::string ChildProcess::outputTail(size_t limit) const {
  // The child writes through the same open file, so its position is the end of what was written.
  const off_t written = lseek(output_.get(), 0, SEEK_CUR);
  if (written < 0)
    return {};
  const auto size = static_cast<size_t>(written);
  std::string tail(std::min(size, limit), '\0');
  const ssize_t got = pread(output_.get(), tail.data(), tail.size(), static_cast<off_t>(size - tail.size()));
  tail.resize(got < 0 ? 0 : static_cast<size_t>(got));
  std::string result;
  std::istringstream lines(tail);
  for (std::string line; std::getline(lines, line);)
    result += (result.empty() ? "" : "\n") + printable(line, limit);
  return result;
}

} // namespace hotgate::harness
