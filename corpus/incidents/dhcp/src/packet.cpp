// DHCP messages: see packet.h.
#include "packet.h"
#include "statistics.h"

static_assert(sizeof(PacketHeader) == optionsOffset);

static constexpr uint8_t magicCookie[4] = {99, 130, 83, 99};

uint32_t ReadAddress(const uint8_t *bytes) {
  return static_cast<uint32_t>(bytes[0]) << 24 | static_cast<uint32_t>(bytes[1]) << 16 |
         static_cast<uint32_t>(bytes[2]) << 8 | bytes[3];
}

void WriteAddress(uint8_t *bytes, uint32_t address) {
  bytes[0] = static_cast<uint8_t>(address >> 24);
  bytes[1] = static_cast<uint8_t>(address >> 16);
  bytes[2] = static_cast<uint8_t>(address >> 8);
  bytes[3] = static_cast<uint8_t>(address);
}

static bool IsDhcpRequest(const Request *request) {
  const PacketHeader *header = request->Header();
  return request->length >= optionsOffset && header->operation == bootRequest &&
         header->hardwareLength <= sizeof header->hardware &&
         memcmp(header->magic, magicCookie, sizeof magicCookie) == 0;
}

// The client identifier where there is one; else type and address of the hardware, which lie apart in the header and
// are told from each other by the length of the address.
static void FindIdentity(Request *request) {
  const OptionView &identifier = request->options.clientIdentifier;
  if (identifier.data && identifier.length >= 2) {
    request->identity = identifier.data;
    request->identityLength = identifier.length < identityCapacity ? identifier.length : identityCapacity;
    return;
  }
  request->identity = request->Header()->hardware;
  request->identityLength = request->Header()->hardwareLength;
}

bool ReadRequest(Request *request) {
  if (!IsDhcpRequest(request) ||
      !ParseOptions(request->bytes + optionsOffset, request->length - optionsOffset, &request->options) ||
      request->options.messageType == MessageType::none) {
    Count(&g_statistics.malformedPackets);
    return false;
  }
  request->clientAddress = ReadAddress(request->Header()->clientAddress);
  request->relayAddress = ReadAddress(request->Header()->relayAddress);
  FindIdentity(request);
  return request->identityLength != 0;
}

void BeginReply(Reply *reply, const Request *request, MessageType type, uint32_t yourAddress, uint32_t server) {
  memset(reply, 0, sizeof *reply);
  const PacketHeader *from = request->Header();
  PacketHeader *to = reply->Header();
  to->operation = bootReply;
  to->hardwareType = from->hardwareType;
  to->hardwareLength = from->hardwareLength;
  memcpy(to->transaction, from->transaction, sizeof to->transaction);
  memcpy(to->flags, from->flags, sizeof to->flags);
  memcpy(to->relayAddress, from->relayAddress, sizeof to->relayAddress);
  memcpy(to->hardware, from->hardware, sizeof to->hardware);
  memcpy(to->magic, magicCookie, sizeof magicCookie);
  WriteAddress(to->yourAddress, yourAddress);
  reply->length = optionsOffset;
  const auto typeByte = static_cast<uint8_t>(type);
  AppendOption(reply, OptionTag::messageType, &typeByte, 1);
  AppendAddressOption(reply, OptionTag::serverIdentifier, server);
}

void FinishReply(Reply *reply, const Request *request) {
  AppendRelayInformation(reply, request);
  reply->bytes[reply->length++] = static_cast<uint8_t>(OptionTag::end);
  if (reply->length < leastReplyBytes)
    reply->length = leastReplyBytes;
}
