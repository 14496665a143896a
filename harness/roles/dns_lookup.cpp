#include "harness/roles/dns_lookup.h"

#include "harness/vm/channel.h"

#include <algorithm>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <fmt/ranges.h>
#include <resolv.h>
#include <tins/ethernetII.h>
#include <tins/exceptions.h>
#include <tins/ip.h>
#include <tins/rawpdu.h>
#include <tins/udp.h>

namespace hotgate::harness {
namespace {

constexpr uint16_t dnsPort = 53;
constexpr uint16_t clientPort = 40053;
constexpr std::chrono::milliseconds pause{250};     // between two questions that are answered
constexpr std::chrono::milliseconds patience{3000}; // then the question, or its answer, is taken as lost
constexpr size_t nameLimit = 256;

Tins::IPv4Address tins(Ipv4 address) { return Tins::IPv4Address(htonl(address)); }
Tins::HWAddress<6> tins(const MacAddress &address) { return Tins::HWAddress<6>(address.data()); }

void append16(std::vector<uint8_t> &bytes, uint16_t value) {
  bytes.push_back(static_cast<uint8_t>(value >> 8U));
  bytes.push_back(static_cast<uint8_t>(value));
}

std::string codeText(int code) {
  switch (code) {
  case ns_r_nxdomain:
    return noSuchName;
  case ns_r_servfail:
    return "SERVFAIL";
  case ns_r_refused:
    return "REFUSED";
  default:
    return fmt::format("code {}", code);
  }
}

// nullopt when the record cannot be read.
std::optional<std::string> contentOf(const ns_msg &message, const ns_rr &record, DnsRecord kind) {
  const std::span<const uint8_t> data(ns_rr_rdata(record), ns_rr_rdlen(record));
  if (kind == DnsRecord::address) {
    if (data.size() != 4)
      return std::nullopt;
    return fmt::format("{}.{}.{}.{}", data[0], data[1], data[2], data[3]);
  }
  std::array<char, nameLimit> name{};
  if (dn_expand(ns_msg_base(message), ns_msg_end(message), data.data(), name.data(), name.size()) < 0)
    return std::nullopt;
  return std::string(name.data());
}

std::string answerText(ns_msg &message, DnsRecord kind) {
  if (const int code = ns_msg_getflag(message, ns_f_rcode); code != ns_r_noerror)
    return codeText(code);
  std::vector<std::string> contents;
  for (int at = 0; at < ns_msg_count(message, ns_s_an); ++at) {
    ns_rr record{};
    if (ns_parserr(&message, ns_s_an, at, &record) != 0)
      return "a malformed record";
    if (ns_rr_type(record) != static_cast<uint16_t>(kind) || ns_rr_class(record) != ns_c_in)
      continue;
    std::optional<std::string> content = contentOf(message, record, kind);
    if (!content)
      return "a malformed record";
    contents.push_back(*std::move(content));
  }
  if (contents.empty())
    return "no record";
  std::sort(contents.begin(), contents.end());
  return printable(fmt::format("{}", fmt::join(contents, " ")), 200);
}

// What came from the server's DNS port to the client's.
std::optional<std::vector<uint8_t>> payloadFor(std::span<const uint8_t> bytes, const DnsQuestion &question) {
  try {
    const Tins::EthernetII frame(bytes.data(), static_cast<uint32_t>(bytes.size()));
    const auto *ip = frame.find_pdu<Tins::IP>();
    const auto *udp = frame.find_pdu<Tins::UDP>();
    const auto *payload = frame.find_pdu<Tins::RawPDU>();
    if (ip == nullptr || udp == nullptr || payload == nullptr || udp->sport() != dnsPort ||
        udp->dport() != clientPort || ip->dst_addr() != tins(question.clientAddress) ||
        ip->src_addr() != tins(question.server))
      return std::nullopt;
    return payload->payload();
  } catch (const Tins::exception_base &) {
    return std::nullopt;
  }
}

} // namespace

std::string reverseName(Ipv4 address) {
  return fmt::format("{}.{}.{}.{}.in-addr.arpa", address & 0xFFU, address >> 8U & 0xFFU, address >> 16U & 0xFFU,
                     address >> 24U);
}

Frame buildDnsQuestion(const DnsQuestion &question) {
  std::vector<uint8_t> message;
  append16(message, question.id);
  append16(message, 0); // a query, not recursive: the server is to know it itself
  for (const uint16_t count : {1, 0, 0, 0})
    append16(message, count);
  std::array<uint8_t, nameLimit> name{};
  const int size = ns_name_compress(question.name.c_str(), name.data(), name.size(), nullptr, nullptr);
  message.insert(message.end(), name.begin(), name.begin() + std::max(size, 0));
  append16(message, static_cast<uint16_t>(question.record));
  append16(message, ns_c_in);
  Tins::EthernetII frame(tins(question.serverHardware), tins(question.client));
  frame /= Tins::IP(tins(question.server), tins(question.clientAddress)) / Tins::UDP(dnsPort, clientPort) /
           Tins::RawPDU(message);
  return frame.serialize();
}

std::optional<std::string> readDnsAnswer(std::span<const uint8_t> frame, const DnsQuestion &question) {
  const auto payload = payloadFor(frame, question);
  if (!payload || payload->size() < 2 || (*payload)[0] != question.id >> 8U || (*payload)[1] != (question.id & 0xFFU))
    return std::nullopt;
  ns_msg message{};
  if (ns_initparse(payload->data(), static_cast<int>(payload->size()), &message) != 0)
    return "a malformed message";
  if (ns_msg_getflag(message, ns_f_qr) == 0)
    return "a question";
  return answerText(message, question.record);
}

Result<std::optional<std::string>> DnsLookups::ask(const DnsQuestion &question, Deadline deadline) {
  HOTGATE_CHECK(link_.send(buildDnsQuestion(question)));
  std::optional<std::string> answer;
  HOTGATE_CHECK(exchanges_.awaitFrame(
      [&](const Frame &frame) {
        answer = readDnsAnswer(frame, question);
        return answer.has_value();
      },
      deadline));
  return answer;
}

Result<ExchangeTally> DnsLookups::awaitAnswer(DnsRecord record, const std::string &name, const std::string &expected) {
  DnsQuestion question{.record = record,
                       .name = name,
                       .client = lease_.client,
                       .clientAddress = lease_.address,
                       .serverHardware = lease_.serverHardware,
                       .server = server_};
  ExchangeTally tally;
  tally.sent = 1;
  std::optional<std::string> last;
  const Deadline end = begin_ + limit_;
  while (Clock::now() < end && last != expected) {
    question.id = ++lastId_;
    const Deadline next = std::min(end, after(pause));
    HOTGATE_TRY(std::optional<std::string> answer, ask(question, std::min(end, after(patience))));
    if (answer)
      last = std::move(answer);
    if (last != expected && Clock::now() < next)
      HOTGATE_CHECK(exchanges_.attend(next - Clock::now()));
  }
  if (!last) {
    tally.firstUnanswered = fmt::format("DNS was asked for {}", name);
    return tally;
  }
  tally.answered = 1;
  tally.milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin_).count());
  if (last != expected) {
    tally.wrong = 1;
    tally.firstWrong =
        fmt::format("expected {} of {} in DNS within {} ms, got {}", expected, name, limit_.count(), *last);
  }
  return tally;
}

} // namespace hotgate::harness
