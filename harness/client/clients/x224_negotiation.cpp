#include "harness/client/clients/x224_negotiation.h"

#include "harness/client/clients/client_error.h"

namespace hotgate::harness {
namespace {

constexpr const char *messageName = "X.224 Connection Confirm";
constexpr uint8_t tpktVersion = 3;
constexpr size_t tpktSize = 4;
constexpr size_t x224Size = 7; // length, code, two references, class
constexpr size_t negotiationSize = 8;
constexpr size_t confirmSize = tpktSize + x224Size + negotiationSize;
constexpr uint8_t connectionConfirm = 0xD0;
constexpr uint8_t negotiationResponse = 2;
constexpr uint8_t negotiationFailure = 3;

uint32_t littleEndian(std::span<const uint8_t> bytes) {
  uint32_t value = 0;
  for (size_t at = bytes.size(); at-- > 0;)
    value = value << 8U | bytes[at];
  return value;
}

// Of the whole message, as its TPKT header (RFC 1006) says.
size_t announcedSize(std::span<const uint8_t> header) { return size_t{header[2]} << 8U | header[3]; }

} // namespace

std::vector<uint8_t> x224Request(uint32_t protocols) {
  std::vector<uint8_t> message{tpktVersion, 0, 0, confirmSize, confirmSize - tpktSize - 1, 0xE0, 0, 0, 0, 0, 0, 1,
                               0,           8, 0}; // RDP_NEG_REQ, its flags and length
  for (size_t index = 0; index < 4; ++index)
    message.push_back(static_cast<uint8_t>(protocols >> 8U * index));
  return message;
}

Result<X224Confirm> parseX224Confirm(std::span<const uint8_t> message) {
  if (message.size() < tpktSize + x224Size || message[0] != tpktVersion || announcedSize(message) != message.size())
    return wrongAnswer(messageName, fmt::format("{} bytes that are no TPKT message", message.size()));
  if (message[5] != connectionConfirm || message[4] != message.size() - tpktSize - 1)
    return wrongAnswer(messageName, fmt::format("expected code {:#x}, got {:#x} and a length of {}", connectionConfirm,
                                                message[5], message[4]));
  // Servers without any but standard security leave the answer out.
  if (message.size() == tpktSize + x224Size)
    return X224Confirm{false, rdpStandard};
  if (message.size() != confirmSize)
    return wrongAnswer(messageName, fmt::format("expected {} bytes, got {}", confirmSize, message.size()));
  const auto answer = message.last(negotiationSize);
  const bool isRefusal = answer[0] == negotiationFailure;
  if ((answer[0] != negotiationResponse && !isRefusal) || littleEndian(answer.subspan(2, 2)) != negotiationSize)
    return wrongAnswer(messageName, fmt::format("an answer of type {}, which there is not", answer[0]));
  return X224Confirm{isRefusal, littleEndian(answer.last(4))};
}

Result<X224Confirm> negotiate(ServerSocket &socket, uint32_t protocols, Deadline deadline) {
  HOTGATE_CHECK(socket.send(x224Request(protocols), deadline));
  HOTGATE_TRY(std::vector<uint8_t> message, socket.receive(tpktSize, deadline));
  const size_t size = announcedSize(message);
  if (message[0] != tpktVersion || size < tpktSize + x224Size || size > confirmSize)
    return wrongAnswer(messageName, fmt::format("expected a TPKT message of at most {} bytes, got version {} and {}",
                                                confirmSize, message[0], size));
  HOTGATE_TRY(const std::vector<uint8_t> rest, socket.receive(size - tpktSize, deadline));
  message.insert(message.end(), rest.begin(), rest.end());
  return parseX224Confirm(message);
}

} // namespace hotgate::harness
