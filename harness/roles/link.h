// The raw Ethernet link to the guest's NIC. No host network device, no root: frames over a socket pair that QEMU holds
// the other end of, each behind its length as 4 bytes, big endian.
#pragma once

#include "harness/vm/deadline.h"
#include "harness/vm/file_descriptor.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace hotgate::harness {

using Frame = std::vector<uint8_t>;

// One thread may send while another one receives (harness/client/frame_relay.h).
class Link {
public:
  virtual ~Link() = default;
  virtual Result<> send(std::span<const uint8_t> frame) = 0;
  // The next frame, or nullopt when none came until the deadline. Fault when the link is gone.
  virtual Result<std::optional<Frame>> receive(Deadline deadline) = 0;
};

class StreamLink : public Link {
public:
  explicit StreamLink(FileDescriptor socket) : socket_(std::move(socket)) {}
  Result<> send(std::span<const uint8_t> frame) override;
  Result<std::optional<Frame>> receive(Deadline deadline) override;

private:
  FileDescriptor socket_;
  std::vector<uint8_t> received_;
  size_t consumed_ = 0; // of received_
};

} // namespace hotgate::harness
