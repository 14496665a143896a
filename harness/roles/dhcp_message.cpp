// Limits: IPv4 over Ethernet without VLAN tags, no fragments; only messages to the client's port 68.
#include "harness/roles/dhcp_message.h"

#include <arpa/inet.h>
#include <sstream>
#include <tins/arp.h>
#include <tins/dhcp.h>
#include <tins/ethernetII.h>
#include <tins/exceptions.h>
#include <tins/ip.h>
#include <tins/rawpdu.h>
#include <tins/udp.h>

namespace hotgate::harness {
namespace {

constexpr uint16_t serverPort = 67;
constexpr uint16_t clientPort = 68;
constexpr uint16_t broadcastFlag = 0x8000;
constexpr uint8_t fullNameCode = 81;
constexpr std::array<uint8_t, 2> wantedOptions{1, 3}; // subnet mask, router
constexpr size_t transactionOffset = 4;               // in a BOOTP header
constexpr size_t clientHardwareOffset = 28;

Tins::IPv4Address tins(Ipv4 address) { return Tins::IPv4Address(htonl(address)); }
Tins::HWAddress<6> tins(const MacAddress &address) { return Tins::HWAddress<6>(address.data()); }
Ipv4 address(const Tins::IPv4Address &value) { return ntohl(static_cast<uint32_t>(value)); }

MacAddress mac(const Tins::HWAddress<6> &value) {
  MacAddress result{};
  std::copy(value.begin(), value.end(), result.begin());
  return result;
}

std::optional<uint32_t> numberOption(const Tins::DHCP &message, Tins::DHCP::OptionTypes which) {
  const auto *option = message.search_option(which);
  if (option == nullptr || option->data_size() < 4)
    return std::nullopt;
  const uint8_t *data = option->data_ptr();
  return uint32_t{data[0]} << 24U | uint32_t{data[1]} << 16U | uint32_t{data[2]} << 8U | data[3];
}

DhcpAnswer readAnswer(const Tins::EthernetII &frame, const std::vector<uint8_t> &payload) {
  DhcpAnswer answer;
  answer.serverHardware = mac(frame.src_addr());
  if (payload.size() < clientHardwareOffset + answer.client.size()) {
    answer.malformed = "the message ends inside the BOOTP header";
    return answer;
  }
  const uint8_t *transaction = payload.data() + transactionOffset;
  answer.transaction = uint32_t{transaction[0]} << 24U | uint32_t{transaction[1]} << 16U |
                       uint32_t{transaction[2]} << 8U | transaction[3];
  std::copy_n(payload.begin() + clientHardwareOffset, answer.client.size(), answer.client.begin());
  try {
    const Tins::DHCP message(payload.data(), static_cast<uint32_t>(payload.size()));
    if (message.opcode() != Tins::DHCP::BOOTREPLY)
      answer.malformed = "the message is not a BOOTREPLY";
    answer.address = address(message.yiaddr());
    if (const auto *type = message.search_option(Tins::DHCP::DHCP_MESSAGE_TYPE);
        type != nullptr && type->data_size() == 1)
      answer.type = *type->data_ptr();
    answer.server = numberOption(message, Tins::DHCP::DHCP_SERVER_IDENTIFIER);
    answer.mask = numberOption(message, Tins::DHCP::SUBNET_MASK);
    answer.router = numberOption(message, Tins::DHCP::ROUTERS);
    answer.leaseSeconds = numberOption(message, Tins::DHCP::DHCP_LEASE_TIME);
    if (const auto *relay = message.search_option(Tins::DHCP::DHCP_AGENT_OPTIONS))
      answer.relayInformation = std::vector<uint8_t>(relay->data_ptr(), relay->data_ptr() + relay->data_size());
  } catch (const Tins::exception_base &error) {
    answer.malformed = fmt::format("the options cannot be read: {}", error.what());
  }
  return answer;
}

Received readFrame(const Tins::EthernetII &frame) {
  if (const auto *arp = frame.find_pdu<Tins::ARP>()) {
    if (arp->opcode() != Tins::ARP::REQUEST)
      return {};
    return ArpQuery{mac(arp->sender_hw_addr()), address(arp->sender_ip_addr()), address(arp->target_ip_addr())};
  }
  const auto *udp = frame.find_pdu<Tins::UDP>();
  const auto *payload = frame.find_pdu<Tins::RawPDU>();
  if (udp == nullptr || payload == nullptr || udp->dport() != clientPort || udp->sport() != serverPort)
    return {};
  return readAnswer(frame, payload->payload());
}

// RFC 4702: flags, two bytes that are no longer used, and the name as labels behind their lengths.
std::vector<uint8_t> fullNameOption(const std::string &name) {
  constexpr uint8_t serverUpdates = 1; // S: the server registers the address too, and not only the name of it
  constexpr uint8_t wireEncoding = 4;  // E
  std::vector<uint8_t> option{serverUpdates | wireEncoding, 0, 0};
  std::istringstream labels(name);
  for (std::string label; std::getline(labels, label, '.');) {
    option.push_back(static_cast<uint8_t>(label.size()));
    option.insert(option.end(), label.begin(), label.end());
  }
  option.push_back(0);
  return option;
}

} // namespace

std::string addressText(Ipv4 value) {
  return fmt::format("{}.{}.{}.{}", value >> 24U, value >> 16U & 0xFFU, value >> 8U & 0xFFU, value & 0xFFU);
}

std::optional<Ipv4> parseAddress(const std::string &text) {
  in_addr parsed{};
  if (inet_pton(AF_INET, text.c_str(), &parsed) != 1)
    return std::nullopt;
  return ntohl(parsed.s_addr);
}

std::string dhcpTypeName(uint8_t type) {
  constexpr std::array<std::string_view, 9> names{
      "no message type", "DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM"};
  return type < names.size() ? std::string(names[type]) : fmt::format("type {}", type);
}

Frame buildDhcp(const DhcpQuery &query) {
  Tins::DHCP message;
  message.opcode(Tins::DHCP::BOOTREQUEST);
  message.htype(1);
  message.hlen(6);
  message.xid(query.transaction);
  message.chaddr(tins(query.client));
  message.ciaddr(tins(query.clientAddress));
  message.padding(query.clientAddress == 0 ? broadcastFlag : 0);
  message.type(static_cast<Tins::DHCP::Flags>(query.type));
  if (query.requested)
    message.requested_ip(tins(*query.requested));
  if (query.server)
    message.server_identifier(tins(*query.server));
  // Kea answers an INFORM with what was asked for alone.
  if (query.type == DhcpType::inform)
    message.add_option({Tins::DHCP::DHCP_PARAMETER_REQUEST_LIST, wantedOptions.begin(), wantedOptions.end()});
  if (!query.fullName.empty()) {
    const std::vector<uint8_t> option = fullNameOption(query.fullName);
    message.add_option({Tins::DHCP::OptionTypes(fullNameCode), option.begin(), option.end()});
  }
  std::vector<uint8_t> payload = message.serialize();
  // The end option by hand: libtins writes a length behind it.
  const std::vector<uint8_t> tail = query.tail.value_or(std::vector<uint8_t>{Tins::DHCP::END});
  payload.insert(payload.end(), tail.begin(), tail.end());

  const MacAddress broadcast{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  Tins::EthernetII frame(tins(query.to ? query.to->hardware : broadcast), tins(query.client));
  frame /= Tins::IP(tins(query.to ? query.to->address : 0xFFFFFFFF), tins(query.clientAddress)) /
           Tins::UDP(serverPort, clientPort) / Tins::RawPDU(payload);
  return frame.serialize();
}

Frame buildArpReply(const ArpQuery &query, const MacAddress &owner) {
  Tins::EthernetII frame =
      Tins::ARP::make_arp_reply(tins(query.sender), tins(query.target), tins(query.senderHardware), tins(owner));
  return frame.serialize();
}

Received parseFrame(std::span<const uint8_t> bytes) {
  try {
    return readFrame(Tins::EthernetII(bytes.data(), static_cast<uint32_t>(bytes.size())));
  } catch (const Tins::exception_base &) {
    return {}; // not a frame that we wait for: the guest's kernel also speaks IPv6 and others
  }
}

} // namespace hotgate::harness
