#include "harness/client/clients/time_client.h"

#include "harness/client/clients/client_error.h"
#include "harness/client/clients/server_socket.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <random>

namespace hotgate::harness {
namespace {

constexpr size_t packetSize = 48;
constexpr uint16_t port = 123;
constexpr uint64_t secondsFrom1900To1970 = 2'208'988'800;
constexpr unsigned clientMode = 3;
constexpr unsigned serverMode = 4;
constexpr unsigned notSynchronised = 3; // the leap indicator's alarm
constexpr size_t referenceAt = 12;
constexpr size_t originAt = 24;
constexpr size_t transmitAt = 40;

using Packet = std::array<uint8_t, packetSize>;

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

// "RATE": why a server asks to be left alone (a kiss of death, RFC 5905 7.4).
std::string kissCodeOf(const Packet &answer) {
  std::string code;
  for (size_t at = referenceAt; at < referenceAt + 4; ++at)
    code += answer.at(at) >= 'A' && answer.at(at) <= 'Z' ? static_cast<char>(answer.at(at)) : '?';
  return code;
}

Result<> check(const Packet &answer, unsigned version, uint64_t sent, int64_t mostOffset, int64_t mostStratum) {
  const unsigned mode = answer[0] & 7U;
  const unsigned answered = answer[0] >> 3U & 7U;
  const unsigned leap = answer[0] >> 6U;
  const unsigned stratum = answer[1];
  if (get(answer, originAt) != sent)
    return wrongAnswer("NTP", "expected our own time stamp as the origin, got another one");
  if (mode != serverMode || answered != version)
    return wrongAnswer(
        "NTP", fmt::format("expected mode {} and version {}, got {} and {}", serverMode, version, mode, answered));
  if (stratum == 0)
    return wrongAnswer("NTP", "expected the time, got a kiss of death: " + kissCodeOf(answer));
  if (leap == notSynchronised || stratum > mostStratum)
    return wrongAnswer("NTP", fmt::format("expected a synchronised server of stratum 1 to {}, got leap {} stratum {}",
                                          mostStratum, leap, stratum));
  const int64_t now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  const int64_t offset = millisecondsOf(get(answer, transmitAt)) - now;
  if (offset > mostOffset || offset < -mostOffset)
    return wrongAnswer(
        "NTP", fmt::format("expected a time within {} ms of the host's, got {} ms from it", mostOffset, offset));
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
  return outcomeOf(ask(exchange == "ntp3" ? 3 : 4, deadline));
}

Result<> TimeClient::ask(unsigned version, Deadline deadline) const {
  // Connected: only the server's datagrams come in, and its refusal is told.
  HOTGATE_TRY(ServerSocket socket, ServerSocket::connect(setup_.server, port, ServerSocket::Transport::udp, deadline));
  Packet request{};
  request[0] = static_cast<uint8_t>(version << 3U | clientMode);
  // Any number will do for the origin; one that cannot be guessed shows that it was given back.
  std::random_device random;
  const uint64_t stamp = static_cast<uint64_t>(random()) << 32U | random();
  put(request, transmitAt, stamp);
  HOTGATE_CHECK(socket.send(request, deadline));
  HOTGATE_TRY(const std::vector<uint8_t> datagram, socket.receiveDatagram(packetSize, deadline));
  if (datagram.size() < packetSize)
    return wrongAnswer("NTP", fmt::format("expected {} bytes, got {}", packetSize, datagram.size()));
  Packet answer{};
  std::copy(datagram.begin(), datagram.end(), answer.begin());
  return check(answer, version, stamp, number("most_offset_ms"), number("most_stratum"));
}

} // namespace hotgate::harness
