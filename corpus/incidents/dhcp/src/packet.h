// A DHCP message as it lies on the wire (RFC 2131, section 2), the request it came in and the reply it gets.
// Addresses are in host byte order once they have left this header.
#pragma once

#include "options.h"
#include "win32.h"

constexpr uint8_t bootRequest = 1;
constexpr uint8_t bootReply = 2;
constexpr size_t headerBytes = 236; // up to the magic cookie
constexpr size_t optionsOffset = 240;
constexpr size_t packetCapacity = 1500;
// The receive buffer is larger than any packet by more than an option can declare: reading too far stays inside.
constexpr size_t receiveCapacity = 2048;
constexpr size_t leastReplyBytes = 300; // what old BOOTP relays insist on
constexpr size_t identityCapacity = 64; // of a longer client identifier the first 64 bytes count

struct PacketHeader {
  uint8_t operation;
  uint8_t hardwareType;
  uint8_t hardwareLength;
  uint8_t hops;
  uint8_t transaction[4];
  uint8_t seconds[2];
  uint8_t flags[2];
  uint8_t clientAddress[4]; // ciaddr
  uint8_t yourAddress[4];   // yiaddr
  uint8_t nextServer[4];    // siaddr
  uint8_t relayAddress[4];  // giaddr
  uint8_t hardware[16];     // chaddr
  uint8_t serverName[64];
  uint8_t bootFile[128];
  uint8_t magic[4];
};

struct Request {
  uint32_t length;
  uint8_t bytes[receiveCapacity];
  // What ReadRequest made of the bytes.
  Options options;
  uint32_t clientAddress;
  uint32_t relayAddress;
  const uint8_t *identity; // option 61, else hardware type and address (RFC 2131, section 4.2)
  uint8_t identityLength;

  [[nodiscard]] const PacketHeader *Header() const { return reinterpret_cast<const PacketHeader *>(bytes); }
};

struct Reply {
  uint32_t length;
  uint8_t bytes[packetCapacity];

  [[nodiscard]] PacketHeader *Header() { return reinterpret_cast<PacketHeader *>(bytes); }
};

uint32_t ReadAddress(const uint8_t *bytes);
void WriteAddress(uint8_t *bytes, uint32_t address);

// False when the bytes are no DHCP request.
bool ReadRequest(Request *request);

void BeginReply(Reply *reply, const Request *request, MessageType type, uint32_t yourAddress, uint32_t server);
// Relay information, the end option, and the padding up to leastReplyBytes.
void FinishReply(Reply *reply, const Request *request);
