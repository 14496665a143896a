// Our own agent in the guest, hotgate-agent.exe (harness/agent/README.md): services, counters, memory, apply and undo.
// It runs as `hotgate-agent.exe serve` on a port of its own, so that a call costs milliseconds and no program start.
//
// What it answers is data from a guest: every field is checked for its type, sizes are bounded.
#pragma once

#include "harness/vm/channel.h"

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace hotgate::harness {

struct ServiceStatus {
  std::string state; // running, stopped, ...
  int64_t pid = 0;   // 0 when it has no process
};

struct ProcessCounters {
  bool alive = false;
  std::optional<int64_t> exitCode;
  int64_t privateBytes = 0;
  int64_t threads = 0;
  std::optional<int64_t> handles; // not known everywhere
  int64_t startTime = 0;          // with the PID it says whether this is still the same process
};

// Where the agent says that it sent a function's calls.
struct Redirection {
  uint32_t rva = 0;   // of the base function
  uint64_t thunk = 0; // address that the jump in its padding goes to
};
struct AppliedPatch {
  uint64_t moduleBase = 0;
  std::vector<Redirection> redirected; // by RVA
};

// A frame of a thread's stack: code of this module; outside of all modules both are empty.
struct StackFrame {
  std::string module;
  uint32_t rva = 0;
};
struct ThreadStack {
  int64_t thread = 0;
  std::vector<StackFrame> frames; // the innermost first
};

class ProcessAgent {
public:
  explicit ProcessAgent(FileDescriptor socket) : channel_(std::move(socket), "hotgate-agent") {}

  Result<> ping(Deadline deadline);
  // True when the system starts the service again after a crash.
  Result<bool> installService(const std::string &name, const std::string &program, const std::string &arguments,
                              Deadline deadline);
  Result<ServiceStatus> startService(const std::string &name, Deadline deadline);
  Result<> stopService(const std::string &name, Deadline deadline);
  Result<> deleteService(const std::string &name, Deadline deadline);
  Result<ServiceStatus> queryService(const std::string &name, Deadline deadline);
  Result<ProcessCounters> counters(int64_t pid, Deadline deadline);
  Result<std::vector<ThreadStack>> stacks(int64_t pid, Deadline deadline);
  // Applying takes its time, in which requests go on: begin, and ask until it is done (or refused). No other call
  // meanwhile.
  Result<> beginApply(int64_t pid, const std::string &module, const std::string &image, Deadline deadline);
  Result<std::optional<AppliedPatch>> appliedYet(); // nullopt: still at work, and its deadline has not passed
  Result<> undo(int64_t pid, const std::string &module, Deadline deadline);
  // What the module's memory says: which functions are redirected, by whomever.
  Result<AppliedPatch> query(int64_t pid, const std::string &module, Deadline deadline);
  Result<std::vector<uint8_t>> read(int64_t pid, const std::string &module, uint32_t rva, uint32_t size,
                                    Deadline deadline);
  // Of the patch image that is active for the module.
  Result<std::vector<uint8_t>> readPatch(int64_t pid, const std::string &module, uint32_t rva, uint32_t size,
                                         Deadline deadline);

  // Any command of the agent. The reply is an object with "ok": true; its other members are not checked.
  Result<nlohmann::json> call(const char *command, nlohmann::json parameters, Deadline deadline);
  // The same for what takes its time: begin, and ask until it is answered. No other call meanwhile.
  Result<> begin(const char *command, nlohmann::json parameters, Deadline deadline);
  Result<std::optional<nlohmann::json>> answeredYet(const char *command);

  // True when the last call was answered with "ok": false, so that the agent lives and it is the request that failed.
  [[nodiscard]] bool wasRefused() const { return refused_; }

private:
  Result<std::vector<uint8_t>> readWith(const char *command, nlohmann::json parameters, uint32_t size,
                                        Deadline deadline);
  Result<> send(const char *command, nlohmann::json parameters, Deadline deadline);
  // The reply to the last request.
  Result<nlohmann::json> receive(const char *command, Deadline deadline);

  Channel channel_;
  int64_t lastId_ = 0;
  Deadline begunUntil_;
  bool refused_ = false;
};

} // namespace hotgate::harness
