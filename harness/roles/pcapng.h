// Ethernet frames as a pcapng file (draft-ietf-opsawg-pcapng), for wireshark and tcpdump.
#pragma once

#include "harness/roles/link.h"

#include <chrono>
#include <string>

namespace hotgate::harness {

struct SeenFrame {
  enum class Direction : uint8_t { toGuest, fromGuest };
  Direction direction = Direction::toGuest;
  std::chrono::microseconds time{0}; // since 1970
  Frame bytes;
};

// The whole file: one section with one interface, each frame with its direction (from the guest: inbound).
std::string writePcapng(const std::vector<SeenFrame> &frames);

} // namespace hotgate::harness
