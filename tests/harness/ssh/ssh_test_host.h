// A machine to reach by SSH: a real sshd in namespaces of the test's own, on loopback, with wine as what runs Windows
// programs there. Host key and user key are made anew. Root, or user namespaces, and openssh-server; without them the
// tests fail.
#pragma once

#include "harness/guest/ssh_machine.h"
#include "tests/harness/temporary_folder.h"

#include <optional>

namespace hotgate::harness {

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
  // Ends the server and every session of it.
  void kill() { server_.reset(); }
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
