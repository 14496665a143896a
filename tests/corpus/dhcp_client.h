// A DHCP client and relay agent for the tests, written apart from the server so that both cannot share a mistake.
// Packets are built by hand: half of the point is to send ones that no library would.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hotgate::corpus_test {

using Bytes = std::vector<uint8_t>;

enum Message : uint8_t { discover = 1, offer, request, decline, acknowledge, refuse, release, inform };

namespace option {
constexpr uint8_t subnetMask = 1, router = 3, hostName = 12, requestedAddress = 50, leaseSeconds = 51, messageType = 53,
                  serverIdentifier = 54, clientIdentifier = 61, relayInformation = 82;
} // namespace option

// Host byte order.
constexpr uint32_t address(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  return uint32_t{a} << 24 | uint32_t{b} << 16 | uint32_t{c} << 8 | d;
}
std::string addressText(uint32_t address);
Bytes addressBytes(uint32_t address);

struct Packet {
  uint8_t type = 0;
  uint32_t transaction = 0;
  uint32_t clientAddress = 0;
  uint32_t yourAddress = 0;
  uint32_t relayAddress = 0;
  std::array<uint8_t, 6> hardware = {};
  std::vector<std::pair<uint8_t, Bytes>> options = {}; // in their order, without the message type

  [[nodiscard]] Bytes encode() const;
  // Nothing when the bytes are no well-formed DHCP reply.
  static std::optional<Packet> decode(std::span<const uint8_t> bytes);
  [[nodiscard]] const Bytes *find(uint8_t tag) const;
};

std::array<uint8_t, 6> hardwareAddress(uint32_t client);

// A UDP socket of the client's side.
class Endpoint {
public:
  Endpoint(uint32_t bindAddress, uint16_t port);
  ~Endpoint();
  Endpoint(const Endpoint &) = delete;
  Endpoint &operator=(const Endpoint &) = delete;

  void send(const Bytes &bytes, uint32_t to) const; // port 67
  std::optional<Packet> receive(std::chrono::milliseconds deadline) const;
  // Sends and waits for the reply of the same transaction.
  std::optional<Packet> ask(const Packet &packet, uint32_t to,
                            std::chrono::milliseconds deadline = std::chrono::seconds(5)) const;

private:
  int socket_;
};

} // namespace hotgate::corpus_test
