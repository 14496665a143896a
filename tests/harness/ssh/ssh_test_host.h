// A machine to reach by SSH: a real sshd in namespaces of the test's own, on loopback, with wine as what runs Windows
// programs there. Host key and user key are made anew. Root, or user namespaces, and openssh-server; without them the
// tests fail.
#pragma once

#include "harness/guest/ssh_machine.h"
#include "tests/harness/temporary_folder.h"

#include <optional>

namespace hotgate::harness {

// Of the corpus' DHCP server there: its files lie outside of the folder that is removed at the end.
inline constexpr const char *testServiceArguments =
    "--server 10.77.0.1 --first 10.77.0.100 --last 10.77.0.250 --mask 255.255.255.0 --router 10.77.0.1 --lease 3600 "
    "--store C:\\dhcp.store --audit C:\\dhcp-audit.log";

class SshTestHost {
public:
  // The first one moves the whole test program into namespaces for network and mounts.
  SshTestHost();
  SshTestHost(const SshTestHost &) = delete;
  SshTestHost &operator=(const SshTestHost &) = delete;

  [[nodiscard]] SshConfig config() const;
  [[nodiscard]] std::filesystem::path folder() const { return folder_.path(); }
  // What SFTP and the agent know as C:\hotgate.
  [[nodiscard]] std::filesystem::path guestFolder() const;
  // Ends the server and every session of it, which are gone when this returns.
  void kill();
  // Makes a key pair.
  void makeKey(const std::string &name) const;

private:
  void setUp();
  void startServer();

  TemporaryFolder folder_;
  std::optional<ChildProcess> server_;
};

// Runs it to its end; the test fails when its exit code is not 0.
void runTool(const std::vector<std::string> &arguments);

} // namespace hotgate::harness
