// RADIUS packets (RFC 2865, 2866, 2869): built, parsed strictly, and their authenticators made and checked.
//
// Our own, because no library for it fits: radcli sends again by itself (which hides a lost answer), wants dictionary
// and server files, and leaves MS-CHAPv2 to its caller; FreeRADIUS' library has no stable interface.
#pragma once

#include "support/result.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hotgate::harness {

using RadiusAuthenticator = std::array<uint8_t, 16>;

struct RadiusAttribute {
  uint8_t type = 0;
  std::vector<uint8_t> value; // at most 253 bytes
};

enum class RadiusCode : uint8_t {
  accessRequest = 1,
  accessAccept = 2,
  accessReject = 3,
  accountingRequest = 4,
  accountingResponse = 5,
};

struct RadiusPacket {
  uint8_t code = 0;
  uint8_t identifier = 0;
  RadiusAuthenticator authenticator{};
  std::vector<RadiusAttribute> attributes;

  void add(uint8_t type, std::span<const uint8_t> value);
  void add(uint8_t type, const std::string &value);
  void add(uint8_t type, uint32_t value);
  // Microsoft's vendor-specific attributes (RFC 2548).
  void addMicrosoft(uint8_t type, std::span<const uint8_t> value);
  // The first of its type.
  [[nodiscard]] std::optional<std::vector<uint8_t>> find(uint8_t type) const;
  [[nodiscard]] std::optional<std::vector<uint8_t>> findMicrosoft(uint8_t type) const;
};

constexpr uint8_t radiusMessageAuthenticator = 80;
constexpr size_t longestRadiusPacket = 4096;

// User-Password hidden under the secret and the request's authenticator (RFC 2865 5.2).
std::vector<uint8_t> hiddenPassword(const std::string &password, const std::string &secret,
                                    const RadiusAuthenticator &authenticator);

// An Access-Request with a Message-Authenticator as its first attribute; `packet` has its authenticator.
std::vector<uint8_t> sealedAccessRequest(const RadiusPacket &packet, const std::string &secret);
// An Accounting-Request, whose authenticator is a digest of itself; it is put into `packet`.
std::vector<uint8_t> sealedAccountingRequest(RadiusPacket &packet, const std::string &secret);
// An answer to `request`: for servers that tests make.
std::vector<uint8_t> sealedResponse(const RadiusPacket &packet, const RadiusPacket &request, const std::string &secret,
                                    bool withMessageAuthenticator);

// A packet of good form. Errors are wrongAnswer() of client_error.h.
Result<RadiusPacket> parseRadius(std::span<const uint8_t> bytes);
// The same for an answer to `request`: identifier, response authenticator, and the Message-Authenticator, which must be
// there when it is demanded (CVE-2024-3596: without one an answer can be forged).
Result<RadiusPacket> parseRadiusResponse(std::span<const uint8_t> bytes, const RadiusPacket &request,
                                         const std::string &secret, bool demandMessageAuthenticator);

} // namespace hotgate::harness
