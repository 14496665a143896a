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

private:
  Channel channel_;
  int64_t lastId_ = 0;
};

} // namespace hotgate::harness
