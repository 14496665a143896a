// QEMU's machine protocol (QMP): commands out, replies in, events ignored.
#pragma once

#include "harness/vm/channel.h"

#include <nlohmann/json_fwd.hpp>

namespace hotgate::harness {

class Qmp {
public:
  explicit Qmp(FileDescriptor socket) : channel_(std::move(socket), "qemu") {}

  // Reads the greeting and leaves negotiation mode.
  Result<> greet(Deadline deadline);
  // The "return" value. Fault when QEMU refuses, with its own description.
  Result<nlohmann::json> execute(const std::string &command, const nlohmann::json &arguments, Deadline deadline);

  // QEMU gets a copy of the descriptor, under this name: for `fd:NAME` in the commands that write to one.
  Result<> giveDescriptor(const std::string &name, int descriptor, Deadline deadline);

private:
  Result<nlohmann::json> awaitReply(int64_t id, const std::string &command, Deadline deadline);

  Channel channel_;
  int64_t lastId_ = 0;
};

} // namespace hotgate::harness
