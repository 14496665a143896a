// A machine that is no guest of our own image: an existing one, a domain of libvirt, a disk image of the user's. What
// the run needs of it: that it runs, and a conversation with hotgate-agent on it.
#pragma once

#include "harness/guest/process_agent.h"
#include "harness/roles/link.h"

#include <filesystem>
#include <string_view>

namespace hotgate::harness {

// A file of this host for the folder C:\hotgate there: "post/dhcpsrv.exe".
struct MachineFile {
  std::filesystem::path local;
  std::string name;
};

class AgentMachine {
public:
  virtual ~AgentMachine() = default;

  // Running, in its clean state where it has one.
  virtual Result<> start(Deadline deadline) = 0;
  // A conversation with the agent; the earlier one is over. Tried again and again until the deadline, because the
  // machine may be starting. Errors: fault; input, when a key is refused or the host is not the known one.
  virtual Result<FileDescriptor> connect(Deadline deadline) = 0;
  // By the agent, unless the machine has a way of its own.
  virtual Result<> copy(ProcessAgent &agent, const std::vector<MachineFile> &files, Deadline deadline);
  // The wire to its network device; the role's probes speak on it.
  virtual Link &link() = 0;
  [[nodiscard]] virtual std::string_view accelerator() const = 0; // kvm, tcg; native for what we do not run
};

} // namespace hotgate::harness
