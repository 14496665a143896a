#include "harness/client/clients/radius_packet.h"

#include "harness/client/clients/client_error.h"

#include <algorithm>
#include <cassert>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace hotgate::harness {
namespace {

constexpr size_t headSize = 20;
constexpr size_t authenticatorOffset = 4;
constexpr uint8_t vendorSpecific = 26;
constexpr std::array<uint8_t, 4> microsoft{0, 0, 1, 55}; // 311
using Bytes = std::vector<uint8_t>;

RadiusAuthenticator md5(std::initializer_list<std::span<const uint8_t>> parts) {
  Bytes all;
  for (const auto part : parts)
    all.insert(all.end(), part.begin(), part.end());
  RadiusAuthenticator digest{};
  [[maybe_unused]] const int done = EVP_Digest(all.data(), all.size(), digest.data(), nullptr, EVP_md5(), nullptr);
  assert(done == 1);
  return digest;
}

RadiusAuthenticator hmacMd5(const std::string &secret, std::span<const uint8_t> bytes) {
  RadiusAuthenticator digest{};
  unsigned length = digest.size();
  HMAC(EVP_md5(), secret.data(), static_cast<int>(secret.size()), bytes.data(), bytes.size(), digest.data(), &length);
  return digest;
}

std::span<const uint8_t> bytesOf(const std::string &text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

bool isEqual(std::span<const uint8_t> left, std::span<const uint8_t> right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

Bytes serialized(const RadiusPacket &packet) {
  Bytes bytes{packet.code, packet.identifier, 0, 0};
  bytes.insert(bytes.end(), packet.authenticator.begin(), packet.authenticator.end());
  for (const RadiusAttribute &attribute : packet.attributes) {
    assert(attribute.value.size() <= 253);
    bytes.push_back(attribute.type);
    bytes.push_back(static_cast<uint8_t>(attribute.value.size() + 2));
    bytes.insert(bytes.end(), attribute.value.begin(), attribute.value.end());
  }
  assert(bytes.size() <= longestRadiusPacket);
  bytes[2] = static_cast<uint8_t>(bytes.size() >> 8U);
  bytes[3] = static_cast<uint8_t>(bytes.size());
  return bytes;
}

// Where the attribute's value begins; the packet's form has been checked.
std::optional<size_t> offsetOfValue(std::span<const uint8_t> bytes, uint8_t type) {
  for (size_t at = headSize; at < bytes.size(); at += bytes[at + 1])
    if (bytes[at] == type)
      return at + 2;
  return std::nullopt;
}

void setBytes(Bytes &bytes, size_t offset, const RadiusAuthenticator &value) {
  std::copy(value.begin(), value.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
}

// With a Message-Authenticator of zeros in front, to be filled.
RadiusPacket withRoomForSeal(const RadiusPacket &packet) {
  RadiusPacket roomy = packet;
  roomy.attributes.insert(roomy.attributes.begin(), {radiusMessageAuthenticator, Bytes(16)});
  return roomy;
}

} // namespace

void RadiusPacket::add(uint8_t type, std::span<const uint8_t> value) {
  attributes.push_back({type, {value.begin(), value.end()}});
}

void RadiusPacket::add(uint8_t type, const std::string &value) { add(type, bytesOf(value)); }

void RadiusPacket::add(uint8_t type, uint32_t value) {
  const std::array<uint8_t, 4> bytes{static_cast<uint8_t>(value >> 24U), static_cast<uint8_t>(value >> 16U),
                                     static_cast<uint8_t>(value >> 8U), static_cast<uint8_t>(value)};
  add(type, bytes);
}

void RadiusPacket::addMicrosoft(uint8_t type, std::span<const uint8_t> value) {
  Bytes wrapped(microsoft.begin(), microsoft.end());
  wrapped.push_back(type);
  wrapped.push_back(static_cast<uint8_t>(value.size() + 2));
  wrapped.insert(wrapped.end(), value.begin(), value.end());
  add(vendorSpecific, wrapped);
}

std::optional<Bytes> RadiusPacket::find(uint8_t type) const {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [type](const RadiusAttribute &attribute) { return attribute.type == type; });
  return found == attributes.end() ? std::nullopt : std::optional(found->value);
}

std::optional<Bytes> RadiusPacket::findMicrosoft(uint8_t type) const {
  for (const RadiusAttribute &attribute : attributes) {
    const Bytes &value = attribute.value;
    if (attribute.type != vendorSpecific || value.size() < 6 ||
        !std::equal(microsoft.begin(), microsoft.end(), value.begin()))
      continue;
    // One vendor attribute may hold several of the vendor's.
    for (size_t at = 4; at + 2 <= value.size();) {
      const size_t length = value[at + 1];
      if (length < 2 || length > value.size() - at)
        break;
      if (value[at] == type)
        return Bytes(value.begin() + static_cast<std::ptrdiff_t>(at + 2),
                     value.begin() + static_cast<std::ptrdiff_t>(at + length));
      at += length;
    }
  }
  return std::nullopt;
}

Bytes hiddenPassword(const std::string &password, const std::string &secret, const RadiusAuthenticator &authenticator) {
  Bytes hidden(password.begin(), password.end());
  hidden.resize(std::max<size_t>(16, (hidden.size() + 15) / 16 * 16));
  RadiusAuthenticator previous = authenticator;
  for (size_t block = 0; block < hidden.size(); block += 16) {
    const RadiusAuthenticator mask = md5({bytesOf(secret), previous});
    for (size_t index = 0; index < 16; ++index)
      previous[index] = hidden[block + index] ^= mask[index];
  }
  return hidden;
}

Bytes sealedAccessRequest(const RadiusPacket &packet, const std::string &secret) {
  Bytes bytes = serialized(withRoomForSeal(packet));
  setBytes(bytes, headSize + 2, hmacMd5(secret, bytes));
  return bytes;
}

Bytes sealedAccountingRequest(RadiusPacket &packet, const std::string &secret) {
  packet.authenticator = {};
  Bytes bytes = serialized(packet);
  packet.authenticator = md5({bytes, bytesOf(secret)});
  setBytes(bytes, authenticatorOffset, packet.authenticator);
  return bytes;
}

Bytes sealedResponse(const RadiusPacket &packet, const RadiusPacket &request, const std::string &secret,
                     bool withMessageAuthenticator) {
  RadiusPacket response = withMessageAuthenticator ? withRoomForSeal(packet) : packet;
  response.identifier = request.identifier;
  response.authenticator = request.authenticator;
  Bytes bytes = serialized(response);
  if (withMessageAuthenticator)
    setBytes(bytes, headSize + 2, hmacMd5(secret, bytes));
  setBytes(bytes, authenticatorOffset, md5({bytes, bytesOf(secret)}));
  return bytes;
}

Result<RadiusPacket> parseRadius(std::span<const uint8_t> bytes) {
  if (bytes.size() < headSize)
    return wrongAnswer("RADIUS packet", fmt::format("has {} bytes, fewer than its head", bytes.size()));
  const size_t length = size_t{bytes[2]} << 8U | bytes[3];
  // RFC 2865 3 lets a datagram be longer than its packet; no server does that.
  if (length != bytes.size())
    return wrongAnswer("RADIUS packet", fmt::format("says it has {} bytes, and has {}", length, bytes.size()));
  RadiusPacket packet{bytes[0], bytes[1], {}, {}};
  std::copy_n(bytes.begin() + authenticatorOffset, packet.authenticator.size(), packet.authenticator.begin());
  for (size_t at = headSize; at < bytes.size();) {
    const size_t left = bytes.size() - at;
    const size_t size = left < 2 ? 0 : bytes[at + 1];
    if (size < 2 || size > left)
      return wrongAnswer("RADIUS packet", fmt::format("the attribute at byte {} is cut", at));
    packet.add(bytes[at], bytes.subspan(at + 2, size - 2));
    at += size;
  }
  return packet;
}

Result<RadiusPacket> parseRadiusResponse(std::span<const uint8_t> bytes, const RadiusPacket &request,
                                         const std::string &secret, bool demandMessageAuthenticator) {
  HOTGATE_TRY(RadiusPacket response, parseRadius(bytes));
  if (response.identifier != request.identifier)
    return wrongAnswer("RADIUS packet", fmt::format("expected an answer to request {}, got one to {}",
                                                    request.identifier, response.identifier));
  Bytes asked(bytes.begin(), bytes.end());
  setBytes(asked, authenticatorOffset, request.authenticator);
  if (!isEqual(md5({asked, bytesOf(secret)}), response.authenticator))
    return wrongAnswer("RADIUS packet", "the response authenticator is not that of the request and the secret");
  const auto seal = offsetOfValue(bytes, radiusMessageAuthenticator);
  if (!seal) {
    if (demandMessageAuthenticator)
      return wrongAnswer("RADIUS packet", "the answer has no Message-Authenticator");
    return response;
  }
  const auto got = response.find(radiusMessageAuthenticator);
  if (got->size() != 16)
    return wrongAnswer("RADIUS packet", fmt::format("the Message-Authenticator has {} bytes", got->size()));
  setBytes(asked, *seal, {});
  if (!isEqual(hmacMd5(secret, asked), *got))
    return wrongAnswer("RADIUS packet", "the Message-Authenticator is not that of the answer and the secret");
  return response;
}

} // namespace hotgate::harness
