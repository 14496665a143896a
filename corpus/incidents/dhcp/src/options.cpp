// DHCP options: see options.h. ParseOptions and AppendRelayInformation hold the bug that every KB here fixes.
#include "packet.h"
#include "statistics.h"

static void ReadOption(Options *options, OptionTag tag, const uint8_t *data, uint8_t length) {
  switch (tag) {
  case OptionTag::messageType:
    if (length == 1 && data[0] < static_cast<uint8_t>(MessageType::count))
      options->messageType = static_cast<MessageType>(data[0]);
    break;
  case OptionTag::requestedAddress:
    if (length == 4)
      options->requestedAddress = ReadAddress(data);
    break;
  case OptionTag::serverIdentifier:
    if (length == 4)
      options->serverIdentifier = ReadAddress(data);
    break;
  case OptionTag::hostName:
    options->hostName = {data, length};
    break;
  case OptionTag::clientIdentifier:
    options->clientIdentifier = {data, length};
    break;
  case OptionTag::relayInformation:
    options->relayInformation = {data, length};
    break;
  default:
    break;
  }
}

bool ParseOptions(const uint8_t *area, uint32_t length, Options *options) {
  memset(options, 0, sizeof *options);
  Count(&PATCHED_STATISTICS.parsed);
  uint32_t cursor = 0;
  while (cursor < length) {
    const auto tag = static_cast<OptionTag>(area[cursor++]);
    if (tag == OptionTag::pad)
      continue;
    if (tag == OptionTag::end)
      break;
    if (cursor == length) {
      Count(&PATCHED_STATISTICS.malformedOptions);
      return false;
    }
    const uint8_t size = area[cursor++];
#if KB_OPTION_FIX
    // The base believes the declared length and hands out bytes behind the packet's end: what an earlier and longer
    // packet left in the receive buffer.
    if (size > length - cursor) {
      Count(&PATCHED_STATISTICS.malformedOptions);
      break;
    }
#endif
    ReadOption(options, tag, area + cursor, size);
    cursor += size;
  }
  return true;
}

void AppendOption(Reply *reply, OptionTag tag, const uint8_t *data, uint8_t length) {
  const uint32_t needed = 2U + length + 1U;
  if (reply->length + needed > packetCapacity)
    return;
  reply->bytes[reply->length++] = static_cast<uint8_t>(tag);
  reply->bytes[reply->length++] = length;
  memcpy(reply->bytes + reply->length, data, length);
  reply->length += length;
}

void AppendAddressOption(Reply *reply, OptionTag tag, uint32_t address) {
  uint8_t bytes[4];
  WriteAddress(bytes, address);
  AppendOption(reply, tag, bytes, sizeof bytes);
}

void AppendRelayInformation(Reply *reply, const Request *request) {
  const OptionView &relay = request->options.relayInformation;
  if (!relay.data)
    return;
#if KB_OPTION_FIX
  // A second line of defence: the echo never reads behind the packet, however the options were read.
  if (relay.length > request->bytes + request->length - relay.data)
    return;
#endif
  AppendOption(reply, OptionTag::relayInformation, relay.data, relay.length);
}
