// Wine and the agent on this host, shut off from it: namespaces of their own for network, processes and mounts. The
// network has one wire, whose other end is here; processes and mounts end with the sandbox's first process, which the
// kernel ends with us. So nothing is left behind, whatever way the harness ends.
//
// Root is not needed where the system allows user namespaces. It is no prison for hostile code: the program under test
// runs on this host's kernel with the user's rights to files. Use a virtual machine for images that nobody trusts.
// Limits: Linux; util-linux, iproute2, wine 64 bit in /usr/lib/wine.
#pragma once

#include "harness/vm/child_process.h"

#include <filesystem>

namespace hotgate::harness {

class WineSandbox {
public:
  struct Setup {
    std::filesystem::path prefix; // provideWinePrefix()
    std::filesystem::path tap;    // the program hotgate-tap
    std::string address;          // of the sandbox's network device, "10.77.0.1/24"
    // Copied to C:\\hotgate, the last two to hotpatch and post there.
    std::filesystem::path agent;
    std::filesystem::path base;
    std::filesystem::path hotpatch;
    std::filesystem::path post;
  };
  // Returns when the network stands; wine may still be starting.
  static Result<WineSandbox> start(const Setup &setup, Deadline deadline);

  [[nodiscard]] FileDescriptor takeAgent() { return std::move(agent_); } // JSON lines, non-blocking
  [[nodiscard]] FileDescriptor takeTap() { return std::move(tap_); }     // one frame a read or write, non-blocking
  // What it printed.
  [[nodiscard]] std::string outputTail() const { return process_.outputTail(); }

  // The Linux processes, as this host counts, that run this program in the sandbox ("dhcpsrv.exe"). Fault when the
  // sandbox is gone.
  [[nodiscard]] Result<std::vector<int64_t>> processes(const std::string &program) const;

private:
  WineSandbox(ChildProcess process, FileDescriptor agent, FileDescriptor tap)
      : process_(std::move(process)), agent_(std::move(agent)), tap_(std::move(tap)) {}

  ChildProcess process_;
  FileDescriptor agent_;
  FileDescriptor tap_;
};

// `unshare` and what it needs to run `script` by sh in namespaces of its own, with these variables and no others.
std::vector<std::string> sandboxCommand(const std::vector<std::string> &variables, std::string_view script);

} // namespace hotgate::harness
