#include "tests/harness/agent/wine_program.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace hotgate::harness::agent_test {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr auto pause = milliseconds(10);

Result<fs::path> findTool(const std::string &name) {
  for (const char *folder : {"/usr/lib/wine", "/usr/bin", "/usr/local/bin"})
    if (access((fs::path(folder) / name).c_str(), X_OK) == 0)
      return fs::path(folder) / name;
  return failInput(name, "", "it is not installed, and these tests need it", "apt-get install wine64");
}

std::vector<std::string> environment(const fs::path &prefix) {
  std::vector<std::string> variables{"WINEPREFIX=" + prefix.string(), "WINEDEBUG=-all",
                                     "WINEDLLOVERRIDES=mscoree=;mshtml="};
  for (char **variable = environ; *variable; ++variable)
    if (std::strncmp(*variable, "WINE", 4) != 0)
      variables.emplace_back(*variable);
  return variables;
}

std::vector<char *> pointers(std::vector<std::string> &texts) {
  std::vector<char *> result;
  for (std::string &text : texts)
    result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// harness/wine/recipe/make-prefix.sh says why.
std::vector<std::string> withFixedHeap(std::vector<std::string> command) {
  command.insert(command.begin(), {"/usr/bin/setarch", "-R"});
  return command;
}

// Without stderr: wineserver stays for a while and would keep ctest's pipe open.
Result<pid_t> spawn(std::vector<std::string> command, const fs::path &prefix, int input, int output) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const auto &[from, to] : {std::pair(input, 0), std::pair(output, 1)}) {
    if (from >= 0)
      posix_spawn_file_actions_adddup2(&actions, from, to);
    else
      posix_spawn_file_actions_addopen(&actions, to, "/dev/null", O_RDWR, 0);
  }
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  auto variables = environment(prefix);
  pid_t pid = 0;
  const int failed =
      posix_spawn(&pid, command[0].c_str(), &actions, nullptr, pointers(command).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0)
    return failFault(command[0], "", std::strerror(failed), "check that it is executable");
  return pid;
}

// The exit code, nullopt past the deadline.
std::optional<int> waitFor(pid_t pid, milliseconds deadline) {
  for (const auto end = Clock::now() + deadline;; std::this_thread::sleep_for(pause)) {
    if (int status = 0; waitpid(pid, &status, WNOHANG) == pid)
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (Clock::now() >= end)
      return std::nullopt;
  }
}

void end(pid_t pid) {
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
}

Result<int> runToEnd(std::vector<std::string> command, const fs::path &prefix) {
  const std::string name = command[0] + " " + command[1];
  HOTGATE_TRY(const pid_t pid, spawn(std::move(command), prefix, -1, -1));
  if (const auto code = waitFor(pid, std::chrono::seconds(50)))
    return *code;
  end(pid);
  return failFault(name, prefix.string(), "it did not end within 50 s", "run it by hand with this WINEPREFIX");
}

// On a busy machine wine's start sometimes hangs, and every program then waits two minutes
// for it: no matter of the programs tested here. It gets three attempts.
Result<> runWineboot(const std::vector<std::string> &options, const fs::path &prefix) {
  HOTGATE_TRY(const fs::path wine, findTool("wine64"));
  HOTGATE_TRY(const fs::path server, findTool("wineserver64"));
  std::vector<std::string> command = withFixedHeap({wine.string(), "wineboot"});
  command.insert(command.end(), options.begin(), options.end());
  Result<int> code = 0;
  for (int attempt = 0; attempt < 3; ++attempt) {
    code = runToEnd(command, prefix);
    if (code && *code == 0)
      return {};
    (void)runToEnd({server.string(), "-k"}, prefix);
    HOTGATE_CHECK(runToEnd({server.string(), "-w"}, prefix));
  }
  return failFault("wineboot", prefix.string(), code ? fmt::format("exit code {}", *code) : code.error().reason,
                   "run it by hand with this WINEPREFIX");
}

// Made under another name first, so that an interrupted run leaves no half-made prefix behind.
Result<> makePrefix(const fs::path &prefix) {
  if (fs::exists(prefix))
    return {};
  const fs::path unfinished = prefix.string() + ".part";
  fs::remove_all(unfinished);
  HOTGATE_TRY(const fs::path server, findTool("wineserver64"));
  HOTGATE_CHECK(runWineboot({"--init"}, unfinished));
  HOTGATE_CHECK(runToEnd({server.string(), "-w"}, unfinished));
  fs::rename(unfinished, prefix);
  return {};
}

// wine stays for a while behind its last program: the next test finds it running.
Result<> startWine(const fs::path &prefix) {
  constexpr int alreadyRunning = 2;
  HOTGATE_TRY(const fs::path server, findTool("wineserver64"));
  HOTGATE_TRY(const int code, runToEnd({server.string(), "-p30"}, prefix));
  if (code == alreadyRunning)
    return {};
  if (code != 0)
    return failFault("wineserver", prefix.string(), fmt::format("exit code {}", code), "run it by hand");
  return runWineboot({}, prefix);
}

Result<fs::path> providePrefix() {
  const fs::path prefix = fs::path(AGENT_TEST_FOLDER) / "wineprefix";
  const int lock = open((prefix.string() + ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (lock < 0 || flock(lock, LOCK_EX) != 0)
    return failFault(prefix.string(), "", std::strerror(errno), "check the build folder");
  Result<> ready = makePrefix(prefix);
  if (ready)
    ready = startWine(prefix);
  close(lock);
  if (!ready)
    return Failure(ready.error());
  return prefix;
}

} // namespace

std::string windowsPath(const fs::path &path) {
  std::string text = "Z:" + fs::absolute(path).string();
  std::replace(text.begin(), text.end(), '/', '\\');
  return text;
}

Result<WineProgram> WineProgram::start(const fs::path &program, const std::vector<std::string> &arguments) {
  HOTGATE_TRY(const fs::path wine, findTool("wine64"));
  HOTGATE_TRY(const fs::path prefix, providePrefix());
  int input[2];
  int output[2];
  if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0)
    return failFault("pipe", "", std::strerror(errno));
  std::vector<std::string> command = withFixedHeap({wine.string(), program.string()});
  command.insert(command.end(), arguments.begin(), arguments.end());
  const auto pid = spawn(std::move(command), prefix, input[0], output[1]);
  close(input[0]);
  close(output[1]);
  if (!pid) {
    close(input[1]);
    close(output[0]);
    return Failure(pid.error());
  }
  return WineProgram(*pid, input[1], output[0], program.filename().string());
}

WineProgram::WineProgram(WineProgram &&other) noexcept
    : pid_(std::exchange(other.pid_, 0)), input_(std::exchange(other.input_, -1)),
      output_(std::exchange(other.output_, -1)), name_(std::move(other.name_)), pending_(std::move(other.pending_)) {}

WineProgram::~WineProgram() {
  if (input_ >= 0)
    close(input_);
  if (output_ >= 0)
    close(output_);
  if (pid_ != 0 && !waitFor(pid_, std::chrono::seconds(1)))
    end(pid_);
}

Result<> WineProgram::writeLine(const std::string &line) const {
  const std::string text = line + "\n";
  signal(SIGPIPE, SIG_IGN); // a program that has ended is an error here, not the end of the test
  if (write(input_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return failFault(name_, "stdin", std::strerror(errno), "it may have ended");
  return {};
}

Result<std::string> WineProgram::readLine(milliseconds deadline) {
  for (const auto end = Clock::now() + deadline;;) {
    if (const auto newline = pending_.find('\n'); newline != std::string::npos) {
      std::string line = pending_.substr(0, newline);
      pending_.erase(0, newline + 1);
      return line;
    }
    const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now()).count();
    pollfd ready{output_, POLLIN, 0};
    char buffer[4096];
    if (left <= 0 || poll(&ready, 1, static_cast<int>(left)) <= 0)
      return failFault(name_, "stdout", "no line before the deadline", "it may hang");
    const ssize_t size = read(output_, buffer, sizeof buffer);
    if (size <= 0)
      return failFault(name_, "stdout", "it ended without an answer", "it may have crashed");
    pending_.append(buffer, static_cast<size_t>(size));
  }
}

Result<std::string> WineProgram::ask(const std::string &line) {
  HOTGATE_CHECK(writeLine(line));
  return readLine();
}

bool WineProgram::endsWithin(milliseconds deadline) {
  if (pid_ != 0 && waitFor(pid_, deadline))
    pid_ = 0;
  return pid_ == 0;
}

} // namespace hotgate::harness::agent_test
