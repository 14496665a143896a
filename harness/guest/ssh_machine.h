// An existing machine, reached by SSH: Windows Server with OpenSSH, or anything that runs a Windows program. The client
// is OpenSSH's own, as a child process: what a hostile server sends meets a program made for it, and none of our code
// but the JSON lines. Nothing is asked: the host key must be known, the key must need no passphrase; no agent, no X11,
// no port is forwarded.
//
// The agent is copied by SFTP and speaks over its standard streams; it ends when the connection does. At the end, what
// was copied is removed. The machine has a network of its own: the probes' frames go through a device of this host on
// the same segment (roles/packet_link.h).
#pragma once

#include "harness/guest/agent_machine.h"
#include "harness/roles/packet_link.h"
#include "harness/vm/child_process.h"

#include <optional>

namespace hotgate::harness {

struct SshConfig {
  std::string host;
  int port = 22;
  std::string user;
  std::filesystem::path identity;                                    // private key
  std::filesystem::path knownHosts;                                  // with the machine's host key
  std::string folder = "/C:/hotgate";                                // where SFTP finds C:\hotgate
  std::string agentCommand = "C:\\hotgate\\hotgate-agent.exe serve"; // for the machine's shell
  std::string interface;                                             // of this host
};

// The options of ssh and sftp alike, without the port.
std::vector<std::string> strictSshOptions(const SshConfig &config);
// What sftp does, line by line. Errors: input, for a local name that no quoting of sftp can hold.
Result<std::string> uploadBatch(const SshConfig &config, const std::vector<MachineFile> &files);
std::string removalBatch(const SshConfig &config, const std::vector<std::string> &names);

class SshMachine : public AgentMachine {
public:
  // `agent`: hotgate-agent.exe.
  SshMachine(SshConfig config, std::filesystem::path agent) : config_(std::move(config)), agent_(std::move(agent)) {}
  SshMachine(const SshMachine &) = delete;
  SshMachine &operator=(const SshMachine &) = delete;
  ~SshMachine() override; // removes what was copied

  // Copies the agent. Errors: fault; input, when ssh is not installed or the machine refuses us.
  Result<> start(Deadline deadline) override;
  Result<FileDescriptor> connect(Deadline deadline) override;
  Result<> copy(ProcessAgent &agent, const std::vector<MachineFile> &files, Deadline deadline) override;
  Link &link() override { return *link_; }
  [[nodiscard]] std::string_view accelerator() const override { return "native"; }
  // What the client and the agent printed on their standard error: for the reason of a lab fault.
  [[nodiscard]] std::string outputTail() const { return session_ ? session_->outputTail() : ""; }

private:
  Result<> upload(const std::vector<MachineFile> &files, Deadline deadline);

  SshConfig config_;
  std::filesystem::path agent_;
  std::vector<std::string> copied_; // names below the folder
  std::optional<ChildProcess> session_;
  std::optional<PacketLink> link_;
};

} // namespace hotgate::harness
