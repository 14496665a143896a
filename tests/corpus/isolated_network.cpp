// Network namespaces: see isolated_network.h.
#include "tests/corpus/isolated_network.h"

#include "tests/corpus/child_process.h"

#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <unistd.h>

namespace hotgate::corpus_test {

namespace {

Failure systemFailure(std::string what) {
  return failFault("isolated network", "", fmt::format("{}: {}", what, std::strerror(errno)),
                   "run as root, or allow user namespaces (kernel.unprivileged_userns_clone)");
}

// Makes the caller root of a user namespace of its own, which may then make network namespaces.
Result<> enterUserNamespace() {
  const auto user = getuid();
  const auto group = getgid();
  if (unshare(CLONE_NEWUSER) != 0)
    return systemFailure("unshare");
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/uid_map") << fmt::format("0 {} 1", user);
  std::ofstream("/proc/self/gid_map") << fmt::format("0 {} 1", group);
  return {};
}

Result<> ip(std::vector<std::string> arguments, int networkNamespace) {
  arguments.insert(arguments.begin(), "ip");
  return run(arguments, {.networkNamespace = networkNamespace});
}

Result<> configure(int server) {
  const std::string serverPath = fmt::format("/proc/{}/fd/{}", getpid(), server);
  HOTGATE_CHECK(ip({"link", "add", "client0", "type", "veth", "peer", "name", "server0", "netns", serverPath}, -1));
  HOTGATE_CHECK(ip({"link", "set", "lo", "up"}, server));
  HOTGATE_CHECK(ip({"address", "add", "10.77.0.1/24", "dev", "server0"}, server));
  HOTGATE_CHECK(ip({"link", "set", "server0", "up"}, server));
  HOTGATE_CHECK(ip({"route", "add", "255.255.255.255/32", "dev", "server0"}, server));
  HOTGATE_CHECK(ip({"link", "set", "lo", "up"}, -1));
  HOTGATE_CHECK(ip({"address", "add", "10.77.0.2/24", "dev", "client0"}, -1));
  HOTGATE_CHECK(ip({"link", "set", "client0", "up"}, -1));
  HOTGATE_CHECK(ip({"route", "add", "255.255.255.255/32", "dev", "client0"}, -1));
  for (const char *range : {"10.77.0.64/26", "10.77.0.128/25"})
    HOTGATE_CHECK(ip({"route", "add", "local", range, "dev", "lo"}, -1));
  return {};
}

} // namespace

Result<IsolatedNetwork> IsolatedNetwork::create() {
  if (geteuid() != 0)
    HOTGATE_CHECK(enterUserNamespace());
  if (unshare(CLONE_NEWNET) != 0)
    return systemFailure("unshare");
  const int server = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (server < 0)
    return systemFailure("open /proc/self/ns/net");
  IsolatedNetwork network(server);
  if (unshare(CLONE_NEWNET) != 0)
    return systemFailure("unshare");
  HOTGATE_CHECK(configure(server));
  return network;
}

IsolatedNetwork::IsolatedNetwork(IsolatedNetwork &&other) noexcept : server_(other.server_) { other.server_ = -1; }

IsolatedNetwork::~IsolatedNetwork() {
  if (server_ >= 0)
    close(server_);
}

} // namespace hotgate::corpus_test
