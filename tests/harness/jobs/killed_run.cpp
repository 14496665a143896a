#include "tests/harness/jobs/killed_run.h"

#include "harness/vm/deadline.h"

#include <csignal>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> processesNow(const fs::path &folder) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator each("/proc", error), end; !error && each != end; each.increment(error)) {
    const std::string pid = each->path().filename().string();
    if (pid.find_first_not_of("0123456789") != std::string::npos || pid == std::to_string(getpid()))
      continue;
    const std::string line = contentOf(each->path() / "cmdline");
    if ((line + contentOf(each->path() / "environ")).find(folder.string()) != std::string::npos)
      found.push_back(pid + " " + line.substr(0, line.find('\0')));
  }
  return found;
}

} // namespace

std::string contentOf(const fs::path &file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

int killsAsked(int usual) {
  const char *asked = std::getenv("HOTGATE_KILLS"); // NOLINT: nobody sets the environment
  return asked == nullptr ? usual : std::atoi(asked);
}

unsigned seedAsked(unsigned usual) {
  const char *asked = std::getenv("HOTGATE_SEED"); // NOLINT: nobody sets the environment
  const unsigned seed = asked == nullptr ? usual : static_cast<unsigned>(std::strtoul(asked, nullptr, 10));
  std::cerr << "HOTGATE_SEED=" << seed << " repeats the moments of this run\n";
  return seed;
}

int runAndKill(const std::function<int()> &harness, const Kill &how) {
  const pid_t pid = fork();
  if (pid == 0) {
    setpgid(0, 0);
    _exit(harness());
  }
  setpgid(pid, pid);
  int status = 0;
  std::optional<Deadline> deadline;
  while (!deadline || Clock::now() < *deadline) {
    if (!deadline && how.since())
      deadline = after(how.span);
    if (waitpid(pid, &status, WNOHANG) == pid)
      return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  kill(how.withGroup ? -pid : pid, SIGKILL);
  waitpid(pid, &status, 0);
  return -1;
}

std::map<fs::path, std::string> recordsBelow(const fs::path &folder) {
  std::map<fs::path, std::string> records;
  std::error_code error;
  for (fs::recursive_directory_iterator each(folder, error), end; !error && each != end; each.increment(error)) {
    const std::string name = each->path().filename().string();
    if (name == "attempt.json" || name == "result.json")
      records[each->path()] = contentOf(each->path());
  }
  return records;
}

std::vector<std::string> processesLeft(const fs::path &folder, std::chrono::seconds span) {
  std::vector<std::string> found;
  for (const Deadline deadline = after(span);;) {
    found = processesNow(folder);
    if (found.empty() || Clock::now() >= deadline)
      return found;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

std::vector<std::string> socketsLeft(const fs::path &folder) {
  std::vector<std::string> found;
  std::ifstream sockets("/proc/net/unix");
  for (std::string line; std::getline(sockets, line);)
    if (line.find(folder.string()) != std::string::npos)
      found.push_back(line);
  return found;
}

std::vector<std::string> cutFiles(const fs::path &folder) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::recursive_directory_iterator each(folder, error), end; !error && each != end; each.increment(error)) {
    const fs::path &path = each->path();
    if (path.extension() == ".part" || path.extension() == ".whole" || path.filename().string().starts_with(".hotgate"))
      found.push_back(path.string());
  }
  return found;
}

} // namespace hotgate::harness
