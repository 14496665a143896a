// The QEMU guest agent: files in and out of the guest, and programs run in it. The first control channel; the second,
// our own agent (process_agent.h), is started through it.
//
// Programs write their output to files in the guest, never through the agent: its own capture waits for every process
// that holds the pipe, and wine's server daemon holds it for ever.
#pragma once

#include "harness/vm/channel.h"

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

namespace hotgate::harness {

class GuestAgent {
public:
  explicit GuestAgent(FileDescriptor socket) : channel_(std::move(socket), "guest agent") {}

  // Brings both sides to the same place in the conversation: after the start, a restore, or a passed deadline.
  Result<> synchronize(Deadline deadline);

  // Runs a shell script to its end. Fault when its exit code is not 0.
  Result<> runScript(const std::string &script, Deadline deadline);
  // Starts a shell script and does not wait for it.
  Result<> startScript(const std::string &script, Deadline deadline);
  Result<> writeFile(const std::string &path, std::span<const uint8_t> content, Deadline deadline);
  // Fault when the file is longer than `limit`.
  Result<std::string> readFile(const std::string &path, size_t limit, Deadline deadline);
  // The channel itself is gone: QEMU ended, or the peer broke the rules.
  [[nodiscard]] bool isBroken() const { return channel_.isBroken(); }

private:
  Result<nlohmann::json> execute(const char *command, const nlohmann::json &arguments, Deadline deadline);
  Result<int64_t> openFile(const std::string &path, const char *mode, Deadline deadline);
  Result<int64_t> executeScript(const std::string &script, Deadline deadline);

  Channel channel_;
  int64_t lastId_ = 0;
  bool synchronized_ = false;
};

} // namespace hotgate::harness
