// The tests' DHCP client: see dhcp_client.h.
#include "tests/corpus/dhcp_client.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace hotgate::corpus_test {

namespace {

constexpr size_t optionsAt = 240;
constexpr std::array<uint8_t, 4> cookie = {99, 130, 83, 99};

void put32(Bytes &bytes, size_t at, uint32_t value) {
  const uint32_t network = htonl(value);
  std::copy_n(reinterpret_cast<const uint8_t *>(&network), 4, bytes.begin() + static_cast<ptrdiff_t>(at));
}

uint32_t get32(std::span<const uint8_t> bytes, size_t at) {
  return address(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]);
}

} // namespace

std::string addressText(uint32_t value) {
  return fmt::format("{}.{}.{}.{}", value >> 24, value >> 16 & 255, value >> 8 & 255, value & 255);
}

Bytes addressBytes(uint32_t value) {
  Bytes bytes(4);
  put32(bytes, 0, value);
  return bytes;
}

std::array<uint8_t, 6> hardwareAddress(uint32_t client) {
  return {2,
          0,
          static_cast<uint8_t>(client >> 24),
          static_cast<uint8_t>(client >> 16),
          static_cast<uint8_t>(client >> 8),
          static_cast<uint8_t>(client)};
}

Bytes Packet::encode() const {
  Bytes bytes(optionsAt);
  bytes[0] = 1; // BOOTREQUEST
  bytes[1] = 1; // Ethernet
  bytes[2] = 6;
  put32(bytes, 4, transaction);
  put32(bytes, 12, clientAddress);
  put32(bytes, 24, relayAddress);
  std::copy(hardware.begin(), hardware.end(), bytes.begin() + 28);
  std::copy(cookie.begin(), cookie.end(), bytes.begin() + 236);
  bytes.insert(bytes.end(), {option::messageType, 1, type});
  for (const auto &[tag, data] : options) {
    bytes.push_back(tag);
    bytes.push_back(static_cast<uint8_t>(data.size()));
    bytes.insert(bytes.end(), data.begin(), data.end());
  }
  bytes.push_back(255);
  return bytes;
}

std::optional<Packet> Packet::decode(std::span<const uint8_t> bytes) {
  if (bytes.size() < 300 || bytes[0] != 2 || !std::equal(cookie.begin(), cookie.end(), bytes.begin() + 236))
    return std::nullopt;
  Packet packet;
  packet.transaction = get32(bytes, 4);
  packet.clientAddress = get32(bytes, 12);
  packet.yourAddress = get32(bytes, 16);
  packet.relayAddress = get32(bytes, 24);
  std::copy_n(bytes.begin() + 28, 6, packet.hardware.begin());
  for (size_t at = optionsAt; at + 1 < bytes.size() && bytes[at] != 255;) {
    const uint8_t tag = bytes[at];
    const size_t length = bytes[at + 1];
    if (at + 2 + length > bytes.size())
      return std::nullopt;
    const auto data = bytes.subspan(at + 2, length);
    if (tag == option::messageType && length == 1)
      packet.type = data[0];
    else
      packet.options.emplace_back(tag, Bytes(data.begin(), data.end()));
    at += 2 + length;
  }
  return packet;
}

const Bytes *Packet::find(uint8_t tag) const {
  for (const auto &[candidate, data] : options)
    if (candidate == tag)
      return &data;
  return nullptr;
}

Endpoint::Endpoint(uint32_t bindAddress, uint16_t port) : socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  const int yes = 1;
  const int buffer = 1 << 20;
  setsockopt(socket_, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
  setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  name.sin_addr.s_addr = htonl(bindAddress);
  if (bind(socket_, reinterpret_cast<const sockaddr *>(&name), sizeof name) != 0) {
    std::perror("test client: bind");
    std::abort();
  }
}

Endpoint::~Endpoint() { close(socket_); }

void Endpoint::send(const Bytes &bytes, uint32_t to) const {
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_port = htons(67);
  name.sin_addr.s_addr = htonl(to);
  sendto(socket_, bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr *>(&name), sizeof name);
}

std::optional<Packet> Endpoint::receive(std::chrono::milliseconds deadline) const {
  pollfd wait = {socket_, POLLIN, 0};
  if (poll(&wait, 1, static_cast<int>(deadline.count())) != 1)
    return std::nullopt;
  std::array<uint8_t, 2048> bytes;
  const ssize_t length = recv(socket_, bytes.data(), bytes.size(), 0);
  return length > 0 ? Packet::decode({bytes.data(), static_cast<size_t>(length)}) : std::nullopt;
}

std::optional<Packet> Endpoint::ask(const Packet &packet, uint32_t to, std::chrono::milliseconds deadline) const {
  using Clock = std::chrono::steady_clock;
  send(packet.encode(), to);
  for (auto end = Clock::now() + deadline; Clock::now() < end;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    if (auto reply = receive(left); reply && reply->transaction == packet.transaction)
      return reply;
  }
  return std::nullopt;
}

} // namespace hotgate::corpus_test
