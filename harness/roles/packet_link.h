// The raw link through a network device of this host, for a machine on the same segment that we do not run: a veth, a
// bridge, or a card of its own. Opening it needs CAP_NET_RAW (root, or `setcap cap_net_raw+ep` on the program).
//
// Frames that this host sends through the device are not received; everything else on the segment is, so a quiet
// segment of its own is best.
#pragma once

#include "harness/roles/link.h"

#include <string>

namespace hotgate::harness {

class PacketLink : public Link {
public:
  // Errors: input, when there is no such device, it is down, or we may not.
  static Result<PacketLink> open(const std::string &interface);

  Result<> send(std::span<const uint8_t> frame) override;
  Result<std::optional<Frame>> receive(Deadline deadline) override;

private:
  explicit PacketLink(FileDescriptor socket) : socket_(std::move(socket)) {}
  FileDescriptor socket_;
};

} // namespace hotgate::harness
