#include "tests/harness/model_dhcp_server.h"

#include <algorithm>
#include <arpa/inet.h>
#include <fmt/format.h>
#include <thread>
#include <tins/arp.h>
#include <tins/dhcp.h>
#include <tins/ethernetII.h>
#include <tins/ip.h>
#include <tins/rawpdu.h>
#include <tins/udp.h>

namespace hotgate::harness {
namespace {

const MacAddress serverHardware{0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
constexpr size_t optionsOffset = 240;
constexpr uint16_t dnsPort = 53;
constexpr size_t dnsHeaderSize = 12;

// "gate.test" of its labels, each behind its length; the empty one ends it.
std::string nameOf(std::span<const uint8_t> labels) {
  std::string name;
  for (size_t at = 0; at < labels.size() && labels[at] != 0; at += labels[at] + size_t{1})
    name += (name.empty() ? "" : ".") + std::string(labels.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                                                    labels.begin() + static_cast<std::ptrdiff_t>(at) + 1 + labels[at]);
  return name;
}
std::vector<uint8_t> labelsOf(const std::string &name) {
  std::vector<uint8_t> labels;
  for (size_t at = 0; at < name.size();) {
    const size_t end = std::min(name.find('.', at), name.size());
    labels.push_back(static_cast<uint8_t>(end - at));
    labels.insert(labels.end(), name.begin() + static_cast<std::ptrdiff_t>(at),
                  name.begin() + static_cast<std::ptrdiff_t>(end));
    at = end + 1;
  }
  labels.push_back(0);
  return labels;
}

Tins::IPv4Address tins(Ipv4 address) { return Tins::IPv4Address(htonl(address)); }
Tins::HWAddress<6> tins(const MacAddress &address) { return Tins::HWAddress<6>(address.data()); }
uint32_t number(const uint8_t *bytes) {
  return uint32_t{bytes[0]} << 24U | uint32_t{bytes[1]} << 16U | uint32_t{bytes[2]} << 8U | bytes[3];
}

Frame frameOf(const ModelDhcpServer::Reply &reply) {
  Tins::DHCP message;
  message.opcode(Tins::DHCP::BOOTREPLY);
  message.htype(1);
  message.hlen(6);
  message.xid(reply.transaction);
  message.chaddr(tins(reply.client));
  message.yiaddr(tins(reply.address));
  message.type(static_cast<Tins::DHCP::Flags>(reply.type));
  if (reply.server)
    message.server_identifier(tins(*reply.server));
  if (reply.mask)
    message.subnet_mask(tins(*reply.mask));
  if (reply.router)
    message.routers({tins(*reply.router)});
  if (reply.leaseSeconds)
    message.lease_time(*reply.leaseSeconds);
  if (reply.relayInformation)
    message.add_option(
        {Tins::DHCP::DHCP_AGENT_OPTIONS, reply.relayInformation->begin(), reply.relayInformation->end()});
  if (!reply.truncated)
    message.end();
  std::vector<uint8_t> payload = message.serialize();
  if (reply.truncated)
    payload.insert(payload.end(), {51, 200, 1});
  Tins::EthernetII frame(tins(reply.client), tins(serverHardware));
  frame /= Tins::IP(Tins::IPv4Address("255.255.255.255"), tins(modelScope().server)) / Tins::UDP(68, 67) /
           Tins::RawPDU(payload);
  return frame.serialize();
}

} // namespace

DhcpScope modelScope() {
  return {.server = 0x0A4D0001,
          .first = 0x0A4D0064,
          .last = 0x0A4D00FA,
          .mask = 0xFFFFFF00,
          .router = 0x0A4D0001,
          .leaseSeconds = 3600};
}

std::optional<Ipv4> ModelDhcpServer::lease(const MacAddress &client) {
  if (const auto held = leases_.find(client); held != leases_.end())
    return held->second;
  Ipv4 address = modelScope().first;
  const auto isTaken = [this](Ipv4 candidate) {
    return declined_.contains(candidate) || std::any_of(leases_.begin(), leases_.end(), [candidate](const auto &entry) {
             return entry.second == candidate;
           });
  };
  while (isTaken(address))
    ++address;
  if (address > last)
    return std::nullopt;
  return leases_[client] = address;
}

std::optional<ModelDhcpServer::Reply> ModelDhcpServer::replyTo(std::span<const uint8_t> message) {
  std::map<uint8_t, std::vector<uint8_t>> options;
  std::optional<size_t> declaredRelay;
  for (size_t at = optionsOffset; at + 1 < message.size() && message[at] != 255;) {
    const size_t length = message[at + 1];
    const auto data = message.subspan(at + 2, std::min(length, message.size() - at - 2));
    options[message[at]] = {data.begin(), data.end()};
    if (message[at] == 82)
      declaredRelay = length;
    at += 2 + length;
  }
  const uint8_t type = options[53].empty() ? 0 : options[53][0];
  if (onQuery)
    onQuery(type);
  const DhcpScope scope = modelScope();
  Reply reply;
  reply.transaction = number(message.data() + 4);
  std::copy_n(message.begin() + 28, 6, reply.client.begin());
  reply.server = scope.server;
  reply.mask = scope.mask;
  reply.router = scope.router;
  reply.leaseSeconds = scope.leaseSeconds;
  const Ipv4 clientAddress = number(message.data() + 12);
  const Ipv4 requested = options[50].size() == 4 ? number(options[50].data()) : 0;
  std::optional<Reply> result = reply;
  switch (type) {
  case 1:
    result->type = 2;
    if (const auto address = lease(reply.client))
      result->address = *address;
    else
      result.reset();
    if (result && declaredRelay && vulnerable)
      result->relayInformation = std::vector<uint8_t>(*declaredRelay, 0x57);
    break;
  case 3:
    result->type = 5;
    result->address = clientAddress != 0 ? clientAddress : requested;
    result->unicast = clientAddress != 0;
    if (registers && options[81].size() > 3)
      named_[reply.client] = nameOf(std::span(options[81]).subspan(3));
    if (!scope.contains(result->address))
      result = Reply{.transaction = reply.transaction, .client = reply.client, .type = 6, .server = scope.server};
    break;
  case 4:
    declined_.insert(requested);
    leases_.erase(reply.client);
    result.reset();
    break;
  case 7:
    leases_.erase(reply.client);
    named_.erase(reply.client);
    result.reset();
    break;
  case 8:
    result->type = 5;
    result->leaseSeconds.reset();
    break;
  default:
    result.reset();
  }
  if (tamper)
    tamper(type, result);
  return result;
}

void ModelDhcpServer::deliver(const Reply &reply) {
  if (reply.unicast) {
    awaitingArp_[reply.address].push_back(reply);
    Tins::EthernetII question =
        Tins::ARP::make_arp_request(tins(reply.address), tins(modelScope().server), tins(serverHardware));
    deliverFrame(question.serialize());
    return;
  }
  deliverFrame(frameOf(reply), Clock::now() + reply.delay);
}

void ModelDhcpServer::answerDns(const std::vector<uint8_t> &question, const MacAddress &client, Ipv4 clientAddress,
                                uint16_t port) {
  const std::string name = nameOf(std::span(question).subspan(dnsHeaderSize));
  std::vector<uint8_t> data;
  for (const auto &[holder, held] : named_) {
    const Ipv4 address = leases_[holder];
    if (name == held)
      data = {static_cast<uint8_t>(address >> 24U), static_cast<uint8_t>(address >> 16U),
              static_cast<uint8_t>(address >> 8U), static_cast<uint8_t>(address)};
    else if (name == fmt::format("{}.0.77.10.in-addr.arpa", address & 0xFFU))
      data = labelsOf(held);
  }
  std::vector<uint8_t> answer = question;
  answer[2] = 0x84; // an answer, authoritative
  answer[3] = data.empty() ? 3 : 0;
  answer[7] = data.empty() ? 0 : 1;
  if (!data.empty()) {
    const std::vector<uint8_t> record{
        0xC0, dnsHeaderSize, 0, question[question.size() - 3], 0, 1, 0, 0, 1, 44, 0, static_cast<uint8_t>(data.size())};
    answer.insert(answer.end(), record.begin(), record.end());
    answer.insert(answer.end(), data.begin(), data.end());
  }
  if (tamperDns)
    tamperDns(name, answer);
  if (answer.empty())
    return;
  Tins::EthernetII frame(tins(client), tins(serverHardware));
  frame /= Tins::IP(tins(clientAddress), tins(modelScope().server)) / Tins::UDP(port, dnsPort) / Tins::RawPDU(answer);
  deliverFrame(frame.serialize());
}

Result<> ModelDhcpServer::send(std::span<const uint8_t> bytes) {
  if (closed)
    return failFault("guest link", "", "closed");
  const Tins::EthernetII frame(bytes.data(), static_cast<uint32_t>(bytes.size()));
  if (const auto *arp = frame.find_pdu<Tins::ARP>()) {
    for (Reply reply : std::exchange(awaitingArp_[ntohl(static_cast<uint32_t>(arp->sender_ip_addr()))], {})) {
      reply.unicast = false;
      deliver(reply);
    }
    return {};
  }
  if (silent)
    return {};
  const std::vector<uint8_t> &message = frame.rfind_pdu<Tins::RawPDU>().payload();
  if (const auto &udp = frame.rfind_pdu<Tins::UDP>(); udp.dport() == dnsPort) {
    MacAddress client{};
    const Tins::EthernetII::address_type source = frame.src_addr();
    std::copy(source.begin(), source.end(), client.begin());
    answerDns(message, client, ntohl(static_cast<uint32_t>(frame.rfind_pdu<Tins::IP>().src_addr())), udp.sport());
    return {};
  }
  if (const auto reply = replyTo(message))
    deliver(*reply);
  return {};
}

Result<std::optional<Frame>> ModelDhcpServer::receive(Deadline deadline) {
  if (closed)
    return failFault("guest link", "", "closed");
  if (flood)
    return *flood;
  const auto next = std::min_element(frames_.begin(), frames_.end(),
                                     [](const auto &left, const auto &right) { return left.first < right.first; });
  if (next == frames_.end() || next->first > deadline) {
    std::this_thread::sleep_until(deadline);
    return std::nullopt;
  }
  std::this_thread::sleep_until(next->first);
  Frame frame = std::move(next->second);
  frames_.erase(next);
  return frame;
}

} // namespace hotgate::harness
