// DHCP messages as frames on a raw link, both ways (RFC 2131, RFC 2132), through libtins. And ARP, without which the
// server cannot answer a renewing client.
//
// Addresses are IPv4 in host byte order.
#pragma once

#include "harness/roles/link.h"

#include <array>
#include <string>
#include <variant>

namespace hotgate::harness {

using Ipv4 = uint32_t;
using MacAddress = std::array<uint8_t, 6>;

std::string addressText(Ipv4 address);
std::optional<Ipv4> parseAddress(const std::string &text);

enum class DhcpType : uint8_t {
  discover = 1,
  offer = 2,
  request = 3,
  decline = 4,
  acknowledge = 5,
  refuse = 6, // DHCPNAK
  release = 7,
  inform = 8,
};
std::string dhcpTypeName(uint8_t type); // "OFFER", "type 42"

// What a client sends. Absent options are not in the message.
struct DhcpQuery {
  DhcpType type = DhcpType::discover;
  uint32_t transaction = 0;
  MacAddress client{};
  Ipv4 clientAddress = 0; // ciaddr, and the IP source
  std::optional<Ipv4> requested = std::nullopt;
  std::optional<Ipv4> server = std::nullopt; // option 54
  // Unicast to this server, else broadcast.
  struct Unicast {
    MacAddress hardware{};
    Ipv4 address = 0;
  };
  std::optional<Unicast> to = std::nullopt;
  // Option 81: the name that the client wants to be known by, "probe.hotgate.test"; the server shall register it in
  // DNS.
  std::string fullName = {};
  // Bytes in place of the end option: for malformed messages.
  std::optional<std::vector<uint8_t>> tail = std::nullopt;
};
Frame buildDhcp(const DhcpQuery &query);

// What a server sent.
struct DhcpAnswer {
  MacAddress serverHardware{};
  uint32_t transaction = 0;
  MacAddress client{};
  uint8_t type = 0;
  Ipv4 address = 0; // yiaddr
  std::optional<Ipv4> server = std::nullopt;
  std::optional<Ipv4> mask;
  std::optional<Ipv4> router;
  std::optional<uint32_t> leaseSeconds;
  std::optional<std::vector<uint8_t>> relayInformation; // option 82
  std::string malformed;                                // why the rest could not be read; "" when it could
};

struct ArpQuery {
  MacAddress senderHardware{};
  Ipv4 sender = 0;
  Ipv4 target = 0;
};
Frame buildArpReply(const ArpQuery &query, const MacAddress &owner);

// Anything else on the link is monostate.
using Received = std::variant<std::monostate, DhcpAnswer, ArpQuery>;
Received parseFrame(std::span<const uint8_t> frame);

} // namespace hotgate::harness
