#include "harness/roles/pcapng.h"

namespace hotgate::harness {
namespace {

// Numbers of the format.
constexpr uint32_t sectionHeader = 0x0A0D0D0A;
constexpr uint32_t byteOrder = 0x1A2B3C4D;
constexpr uint32_t interfaceDescription = 1;
constexpr uint32_t enhancedPacket = 6;
constexpr uint16_t ethernet = 1;
constexpr uint16_t flagsOption = 2;
constexpr uint32_t inbound = 1;
constexpr uint32_t outbound = 2;

template <class Number> void add(std::string &to, Number value) {
  for (size_t byte = 0; byte < sizeof value; ++byte)
    to += static_cast<char>(value >> (8 * byte));
}

void pad(std::string &body) { body.resize((body.size() + 3) & ~size_t{3}); }

// Its length stands at both ends, so that a reader can go backwards.
void addBlock(std::string &file, uint32_t type, std::string body) {
  pad(body);
  const auto size = static_cast<uint32_t>(body.size() + 12);
  add(file, type);
  add(file, size);
  file += body;
  add(file, size);
}

} // namespace

std::string writePcapng(const std::vector<SeenFrame> &frames) {
  std::string file;
  std::string section;
  add(section, byteOrder);
  add(section, uint16_t{1}); // version 1.0
  add(section, uint16_t{0});
  add(section, ~uint64_t{0}); // its length is not given
  addBlock(file, sectionHeader, std::move(section));
  std::string wire;
  add(wire, ethernet);
  add(wire, uint16_t{0});
  add(wire, uint32_t{0}); // frames are not cut; times are microseconds when nothing else is said
  addBlock(file, interfaceDescription, std::move(wire));
  for (const SeenFrame &frame : frames) {
    std::string packet;
    const auto time = static_cast<uint64_t>(frame.time.count());
    const auto size = static_cast<uint32_t>(frame.bytes.size());
    add(packet, uint32_t{0}); // the interface
    add(packet, static_cast<uint32_t>(time >> 32U));
    add(packet, static_cast<uint32_t>(time));
    add(packet, size);
    add(packet, size);
    packet.append(frame.bytes.begin(), frame.bytes.end());
    pad(packet);
    add(packet, flagsOption);
    add(packet, uint16_t{4});
    add(packet, frame.direction == SeenFrame::Direction::fromGuest ? inbound : outbound);
    add(packet, uint32_t{0}); // no more options
    addBlock(file, enhancedPacket, std::move(packet));
  }
  return file;
}

} // namespace hotgate::harness
