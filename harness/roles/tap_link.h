// The raw link to a network device of this host: the other end of a TAP device that somebody else uses.
#pragma once

#include "harness/roles/link.h"

namespace hotgate::harness {

class TapLink : public Link {
public:
  // The device's descriptor, non-blocking: one frame a read or write.
  explicit TapLink(FileDescriptor device) : device_(std::move(device)) {}
  Result<> send(std::span<const uint8_t> frame) override;
  Result<std::optional<Frame>> receive(Deadline deadline) override;

private:
  FileDescriptor device_;
};

// The device's descriptor, which hotgate-tap sends over this socket from the namespace that the device is in.
Result<FileDescriptor> receiveTap(int socket, Deadline deadline);

} // namespace hotgate::harness
