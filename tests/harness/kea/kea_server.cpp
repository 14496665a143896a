#include "tests/harness/kea/kea_server.h"

#include "harness/wine/wine_sandbox.h"

#include <csignal>
#include <gtest/gtest.h>
#include <sstream>
#include <thread>

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds startLimit{30}; // measured 0.3 s on an idle machine

// What the server writes lies in memory that goes with its namespaces.
constexpr std::string_view script = R"(
set -eu
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/lib
mkdir /run/kea /var/lib/kea
"$TAP" "$TAP_SOCKET"
ip link set lo up
ip address add "$ADDRESS" dev tap0
ip link set tap0 up
exec kea-dhcp4 -c "$CONFIGURATION"
)";

std::string linkTarget(const fs::path &link) {
  std::error_code error;
  return fs::read_symlink(link, error).string();
}

} // namespace

std::string keaConfiguration() {
  std::ostringstream text;
  text << std::ifstream(HOTGATE_KEA_CONFIGURATION).rdbuf();
  return text.str();
}

void replaceOnce(std::string &text, const std::string &from, const std::string &to) {
  const size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
}

KeaServer::KeaServer(const std::string &configuration, const std::string &address) {
  SocketPair tap = makeSocketPair().value();
  const std::vector<std::string> variables{std::string("TAP=") + HOTGATE_TAP, "ADDRESS=" + address,
                                           fmt::format("TAP_SOCKET={}", tap.theirs.get()),
                                           "CONFIGURATION=" + folder_.write("kea-dhcp4.conf", configuration).string()};
  process_ =
      ChildProcess::start({.arguments = sandboxCommand(variables, script), .inherited = {tap.theirs.get()}}).value();
  tap.theirs.close();
  auto device = receiveTap(tap.ours.get(), after(startLimit));
  EXPECT_TRUE(device) << device.error().message() << output();
  // It is up when the script has become the server.
  for (const Deadline end = after(startLimit); findServer() < 0 && Clock::now() < end;)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  if (device)
    link_ = std::make_unique<TapLink>(*std::move(device));
}

// The one process of its PID namespace that is Kea.
int KeaServer::findServer() const {
  const std::string inside = linkTarget(fmt::format("/proc/{}/ns/pid_for_children", process_->pid()));
  for (const auto &entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    std::string command;
    if (name.find_first_not_of("0123456789") != std::string::npos || linkTarget(entry.path() / "ns" / "pid") != inside)
      continue;
    std::getline(std::ifstream(entry.path() / "comm"), command);
    if (command == "kea-dhcp4")
      return std::stoi(name);
  }
  return -1;
}

void KeaServer::signal(int number) const {
  const int server = findServer();
  ASSERT_GT(server, 0) << "no Kea runs: " << output();
  ASSERT_EQ(kill(server, number), 0);
}

} // namespace hotgate::harness
