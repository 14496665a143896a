#include "tests/harness/ssh/ssh_test_host.h"

#include "harness/wine/wine_prefix.h"

#include <csignal>
#include <fstream>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>
#include <thread>
#include <unistd.h>

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;

constexpr const char *port = "2222";

void writeText(const fs::path &path, const std::string &text) { std::ofstream(path) << text; }

std::string readText(const fs::path &path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A network with nothing in it but loopback, and mounts that the host does not see.
void enterNamespaces() {
  static bool isInside = false;
  if (isInside)
    return;
  isInside = true;
  const std::string user = fmt::format("0 {} 1", geteuid());
  const std::string group = fmt::format("0 {} 1", getegid());
  const bool isRoot = geteuid() == 0;
  ASSERT_EQ(unshare(CLONE_NEWNET | CLONE_NEWNS | (isRoot ? 0 : CLONE_NEWUSER)), 0) << std::strerror(errno);
  if (!isRoot) {
    writeText("/proc/self/setgroups", "deny");
    writeText("/proc/self/uid_map", user);
    writeText("/proc/self/gid_map", group);
  }
  ASSERT_EQ(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0) << std::strerror(errno);
  ASSERT_EQ(mount("tmpfs", "/run", "tmpfs", 0, nullptr), 0) << std::strerror(errno);
  ASSERT_TRUE(fs::create_directory("/run/sshd")); // sshd wants it
  ASSERT_TRUE(fs::create_directory("/run/user"));
  runTool({"ip", "link", "set", "lo", "up"});
  runTool({"ip", "address", "add", "10.77.0.1/24", "dev", "lo"}); // of the service that the tests start
}

} // namespace

void runTool(const std::vector<std::string> &arguments) {
  auto tool = ChildProcess::start({.arguments = arguments});
  ASSERT_TRUE(tool) << tool.error().message();
  const auto code = tool->wait(after(std::chrono::seconds(60)));
  ASSERT_TRUE(code) << code.error().message();
  ASSERT_EQ(*code, 0) << arguments.front() << ": " << tool->outputTail();
}

SshTestHost::SshTestHost() { setUp(); }

void SshTestHost::setUp() {
  enterNamespaces();
  for (const char *name : {"host", "user"})
    makeKey(name);
  fs::copy_file(folder() / "user.pub", folder() / "authorized");
  fs::permissions(folder() / "authorized", fs::perms::owner_read | fs::perms::owner_write);
  writeText(folder() / "known", "[127.0.0.1]:" + std::string(port) + " " + readText(folder() / "host.pub"));
  // The prefix of the lab's wine, with what is written to it in memory.
  const auto prefix = provideWinePrefix(defaultCacheFolder().value(), [](std::string_view) {});
  ASSERT_TRUE(prefix) << prefix.error().message();
  for (const char *name : {"memory", "prefix"})
    fs::create_directory(folder() / name);
  ASSERT_EQ(mount("tmpfs", (folder() / "memory").c_str(), "tmpfs", 0, nullptr), 0) << std::strerror(errno);
  fs::create_directory(folder() / "memory/upper");
  fs::create_directory(folder() / "memory/work");
  const std::string layers = fmt::format("lowerdir={},upperdir={},workdir={}", prefix->string(),
                                         (folder() / "memory/upper").string(), (folder() / "memory/work").string());
  ASSERT_EQ(mount("overlay", (folder() / "prefix").c_str(), "overlay", 0, layers.c_str()), 0) << std::strerror(errno);
  startServer();
}

void SshTestHost::makeKey(const std::string &name) const {
  runTool({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", (folder() / name).string()});
}

void SshTestHost::startServer() {
  writeText(folder() / "sshd_config",
            fmt::format("Port {}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nUsePAM no\n"
                        "PasswordAuthentication no\nKbdInteractiveAuthentication no\nStrictModes no\nPidFile none\n"
                        "PermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\n",
                        port, (folder() / "host").string(), (folder() / "authorized").string()));
  // In a process namespace, so that its sessions end with it.
  auto server =
      ChildProcess::start({.arguments = {"unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "/usr/sbin/sshd",
                                         "-D", "-e", "-f", (folder() / "sshd_config").string()}});
  ASSERT_TRUE(server) << server.error().message();
  server_.emplace(*std::move(server));
  for (const Deadline deadline = after(std::chrono::seconds(30));;) {
    if (server_->outputTail().find("Server listening") != std::string::npos)
      return;
    ASSERT_TRUE(server_->isRunning() && Clock::now() < deadline) << server_->outputTail();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void SshTestHost::kill() {
  // The first process of a namespace is not reaped before all others in it are.
  pid_t first = 0;
  std::ifstream(fmt::format("/proc/{0}/task/{0}/children", server_->pid())) >> first;
  ASSERT_GT(first, 0);
  ASSERT_EQ(::kill(first, SIGKILL), 0) << std::strerror(errno);
  ASSERT_TRUE(server_->wait(after(std::chrono::seconds(30))));
  server_.reset();
}

fs::path SshTestHost::guestFolder() const { return folder() / "prefix/drive_c/hotgate"; }

SshConfig SshTestHost::config() const {
  SshConfig config;
  config.host = "127.0.0.1";
  config.port = std::stoi(port);
  config.user = getpwuid(geteuid())->pw_name; // NOLINT(concurrency-mt-unsafe): one thread
  config.identity = folder() / "user";
  config.knownHosts = folder() / "known";
  config.folder = guestFolder().string();
  config.agentCommand =
      fmt::format("cd / && exec env WINEPREFIX={} WINEDEBUG=-all 'WINEDLLOVERRIDES=mscoree=;mshtml=' "
                  "PATH=/usr/lib/wine:/usr/bin:/bin setarch -R wine64 'C:\\hotgate\\hotgate-agent.exe' serve",
                  (folder() / "prefix").string());
  return config;
}

} // namespace hotgate::harness
