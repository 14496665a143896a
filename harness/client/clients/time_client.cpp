#include "harness/client/clients/time_client.h"

#include "harness/vm/file_descriptor.h"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <poll.h>
#include <random>
#include <sys/socket.h>

namespace hotgate::harness {
namespace {

constexpr size_t packetSize = 48;
constexpr uint16_t port = 123;
constexpr uint64_t secondsFrom1900To1970 = 2'208'988'800;
constexpr unsigned clientMode = 3;
constexpr unsigned serverMode = 4;
constexpr unsigned notSynchronised = 3; // the leap indicator's alarm
constexpr size_t originAt = 24;
constexpr size_t transmitAt = 40;

using Packet = std::array<uint8_t, packetSize>;

Outcome wrong(std::string text) { return {Outcome::Kind::wrong, std::move(text)}; }
Outcome unanswered(std::string text) { return {Outcome::Kind::unanswered, std::move(text)}; }

void put(Packet &packet, size_t at, uint64_t value) {
  for (size_t byte = 0; byte < 8; ++byte)
    packet.at(at + byte) = static_cast<uint8_t>(value >> (56 - 8 * byte));
}

uint64_t get(const Packet &packet, size_t at) {
  uint64_t value = 0;
  for (size_t byte = 0; byte < 8; ++byte)
    value = value << 8U | packet.at(at + byte);
  return value;
}

// Milliseconds since 1970. Good until 2036, when NTP's era ends.
int64_t millisecondsOf(uint64_t stamp) {
  const auto seconds = static_cast<int64_t>(stamp >> 32U) - static_cast<int64_t>(secondsFrom1900To1970);
  return seconds * 1000 + static_cast<int64_t>((stamp & 0xffffffffU) * 1000 >> 32U);
}

Outcome check(const Packet &answer, unsigned version, uint64_t sent, int64_t mostOffset, int64_t mostStratum) {
  const unsigned mode = answer[0] & 7U;
  const unsigned answered = answer[0] >> 3U & 7U;
  const unsigned leap = answer[0] >> 6U;
  const unsigned stratum = answer[1];
  if (get(answer, originAt) != sent)
    return wrong("expected our own time stamp as the origin, got another one");
  if (mode != serverMode || answered != version)
    return wrong(fmt::format("expected mode {} and version {}, got {} and {}", serverMode, version, mode, answered));
  if (leap == notSynchronised || stratum == 0 || stratum > mostStratum)
    return wrong(fmt::format("expected a synchronised server of stratum 1 to {}, got leap {} stratum {}", mostStratum,
                             leap, stratum));
  const int64_t now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  const int64_t offset = millisecondsOf(get(answer, transmitAt)) - now;
  if (offset > mostOffset || offset < -mostOffset)
    return wrong(fmt::format("expected a time within {} ms of the host's, got {} ms from it", mostOffset, offset));
  return {};
}

} // namespace

int64_t TimeClient::number(const char *setting) const {
  const auto found = setup_.settings.find(setting);
  int64_t value = 0;
  if (found != setup_.settings.end())
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), value);
  return value;
}

Outcome TimeClient::perform(const std::string &exchange, Deadline deadline) {
  const unsigned version = exchange == "ntp3" ? 3 : 4;
  const FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(port);
  inet_pton(AF_INET, setup_.server.c_str(), &server.sin_addr);
  // Connected: only the server's datagrams come in, and its refusal is told.
  if (!socket.isOpen() ||
      connect(socket.get(), reinterpret_cast<const sockaddr *>(&server), sizeof server) != 0) // NOLINT
    return unanswered(std::strerror(errno));
  Packet request{};
  request[0] = static_cast<uint8_t>(version << 3U | clientMode);
  // Any number will do for the origin; one that cannot be guessed shows that it was given back.
  std::random_device random;
  const uint64_t stamp = static_cast<uint64_t>(random()) << 32U | random();
  put(request, transmitAt, stamp);
  if (send(socket.get(), request.data(), request.size(), 0) != static_cast<ssize_t>(request.size()))
    return unanswered(std::strerror(errno));
  pollfd entry{socket.get(), POLLIN, 0};
  if (poll(&entry, 1, millisecondsUntil(deadline)) != 1)
    return unanswered("no answer");
  Packet answer{};
  const ssize_t got = recv(socket.get(), answer.data(), answer.size(), 0);
  if (got < 0)
    return unanswered(std::strerror(errno));
  if (got < static_cast<ssize_t>(packetSize))
    return wrong(fmt::format("expected {} bytes, got {}", packetSize, got));
  return check(answer, version, stamp, number("most_offset_ms"), number("most_stratum"));
}

} // namespace hotgate::harness
