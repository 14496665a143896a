// DHCP options (RFC 2132, RFC 3046): what the server reads and writes. Option overload (52) and options split over
// several instances (RFC 3396) are not supported.
#pragma once

#include "win32.h"

struct Request;
struct Reply;

enum class OptionTag : uint8_t {
  pad = 0,
  subnetMask = 1,
  router = 3,
  hostName = 12,
  requestedAddress = 50,
  leaseSeconds = 51,
  messageType = 53,
  serverIdentifier = 54,
  renewalSeconds = 58,
  rebindingSeconds = 59,
  clientIdentifier = 61,
  relayInformation = 82,
  end = 255,
};

enum class MessageType : uint8_t {
  none,
  discover,
  offer,
  request,
  decline,
  acknowledge,
  refuse,
  release,
  inform,
  count,
};

// Where an option's data lies in the packet; data is null when the packet has no such option.
struct OptionView {
  const uint8_t *data;
  uint8_t length;
};

struct Options {
  MessageType messageType;
  uint32_t requestedAddress; // 0 when absent
  uint32_t serverIdentifier; // 0 when absent
  OptionView hostName;
  OptionView clientIdentifier;
  OptionView relayInformation;
};

// False when the area cannot be read at all; options that are unknown or of a wrong length are passed over.
bool ParseOptions(const uint8_t *area, uint32_t length, Options *options);

// Leaves the option out when the reply has no room for it, and always keeps a byte for the end option.
void AppendOption(Reply *reply, OptionTag tag, const uint8_t *data, uint8_t length);
void AppendAddressOption(Reply *reply, OptionTag tag, uint32_t address);
// RFC 3046, section 2.2: the relay's option comes back unchanged, as the last one.
void AppendRelayInformation(Reply *reply, const Request *request);
