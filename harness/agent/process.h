// Processes of the guest: finding, starting, opening; their modules and threads.
#pragma once

#include "harness/agent/windows_support.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hotgate::harness::agent {

struct ProcessEntry {
  uint32_t pid = 0;
  uint32_t parent = 0;
  std::string name;
};
[[nodiscard]] Outcome<std::vector<ProcessEntry>> listProcesses(); // by PID

struct Module {
  std::string name;
  std::string path;
  uint64_t base = 0;
  uint64_t size = 0;
};

class Process {
public:
  static Outcome<Process> open(uint32_t pid);

  [[nodiscard]] uint32_t pid() const { return pid_; }
  [[nodiscard]] HANDLE handle() const { return handle_.get(); }
  [[nodiscard]] std::string entity() const { return fmt::format("process {}", pid_); }
  [[nodiscard]] Outcome<std::vector<Module>> modules() const; // in the loader's order
  [[nodiscard]] Outcome<Module> module(const std::string &name) const;
  [[nodiscard]] Outcome<std::vector<uint32_t>> threadIds() const;

private:
  Process(uint32_t pid, UniqueHandle handle) : pid_(pid), handle_(std::move(handle)) {}
  uint32_t pid_;
  UniqueHandle handle_;
};

struct StartedProcess {
  uint32_t pid = 0;
  UniqueHandle handle;
};
struct StartOptions {
  std::string program;
  std::string arguments;
  std::string directory; // "": the agent's own
  std::string output;    // file for stdout and stderr; "": NUL
};
// The child gets none of the agent's own streams: they carry the protocol.
[[nodiscard]] Outcome<StartedProcess> startProcess(const StartOptions &options);

// Creation time in 100 ns since 1601.
[[nodiscard]] std::optional<uint64_t> startTime(HANDLE process);

} // namespace hotgate::harness::agent
