#include "harness/wine/wine_sandbox.h"

#include "harness/roles/tap_link.h"
#include "harness/wine/recipe.h"

#include <fstream>
#include <unistd.h>

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;

constexpr size_t commandNameLimit = 15; // TASK_COMM_LEN without its zero

std::string linkTarget(const fs::path &link) {
  std::error_code error;
  return fs::read_symlink(link, error).string();
}

} // namespace

std::vector<std::string> sandboxCommand(const std::vector<std::string> &variables, std::string_view script) {
  std::vector<std::string> command{"unshare", "--net", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc"};
  if (geteuid() != 0)
    command.insert(command.end(), {"--user", "--map-root-user"});
  command.insert(command.end(), {"env", "-i", "PATH=/usr/bin:/bin:/usr/sbin:/sbin"});
  command.insert(command.end(), variables.begin(), variables.end());
  command.insert(command.end(), {"sh", "-c", std::string(script)});
  return command;
}

Result<WineSandbox> WineSandbox::start(const Setup &setup, Deadline deadline) {
  HOTGATE_TRY(SocketPair agent, makeSocketPair());
  HOTGATE_TRY(SocketPair tap, makeSocketPair());
  const std::vector<std::string> variables{"PREFIX=" + fs::absolute(setup.prefix).string(),
                                           "AGENT_PROGRAM=" + fs::absolute(setup.agent).string(),
                                           "BASE=" + fs::absolute(setup.base).string(),
                                           "HOTPATCH=" + fs::absolute(setup.hotpatch).string(),
                                           "POST=" + fs::absolute(setup.post).string(),
                                           "TAP=" + fs::absolute(setup.tap).string(),
                                           "ADDRESS=" + setup.address,
                                           fmt::format("AGENT={}", agent.theirs.get()),
                                           fmt::format("TAP_SOCKET={}", tap.theirs.get())};
  HOTGATE_TRY(ChildProcess process, ChildProcess::start({.arguments = sandboxCommand(variables, recipe::runAgent()),
                                                         .inherited = {agent.theirs.get(), tap.theirs.get()}}));
  agent.theirs.close();
  tap.theirs.close();
  auto device = receiveTap(tap.ours.get(), deadline);
  if (!device) {
    Error error = std::move(device).error();
    error.reason += "; it printed: " + process.outputTail();
    return Failure(std::move(error));
  }
  return WineSandbox(std::move(process), std::move(agent.ours), *std::move(device));
}

Result<std::vector<int64_t>> WineSandbox::processes(const std::string &program) const {
  const std::string inside = linkTarget(fmt::format("/proc/{}/ns/pid_for_children", process_.pid()));
  if (inside.empty())
    return failFault("wine sandbox", program, "the sandbox has ended", "the run counts as a lab fault; run it again");
  const std::string name = program.substr(0, commandNameLimit); // wine names a process after its program
  std::vector<int64_t> found;
  std::error_code error;
  for (fs::directory_iterator each("/proc", error), end; !error && each != end; each.increment(error)) {
    const std::string folder = each->path().filename().string();
    if (folder.find_first_not_of("0123456789") != std::string::npos ||
        linkTarget(each->path() / "ns" / "pid") != inside)
      continue;
    std::string command;
    std::getline(std::ifstream(each->path() / "comm") >> std::ws, command);
    if (command == name)
      found.push_back(std::stoll(folder));
  }
  return found;
}

} // namespace hotgate::harness
