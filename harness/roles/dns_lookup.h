// Questions to a DNS server on the raw link, as a DHCP client asks them from the address that it leased: is its name
// there? A DHCP server registers it when it has answered already, so the question is repeated until the limit.
//
// The messages are made and read by the C library's resolver (<arpa/nameser.h>), which bounds names that point at each
// other. Limits: UDP; the server that leased the address is the one that is asked.
#pragma once

#include "harness/roles/dhcp_exchange.h"

namespace hotgate::harness {

enum class DnsRecord : uint16_t { address = 1, name = 12 }; // A, PTR

struct DnsQuestion {
  uint16_t id = 0;
  DnsRecord record = DnsRecord::address;
  std::string name; // without a dot at the end
  MacAddress client{};
  Ipv4 clientAddress = 0;
  MacAddress serverHardware{};
  Ipv4 server = 0;
};
Frame buildDnsQuestion(const DnsQuestion &question);

// The answer in words: the records' contents, sorted and parted by spaces; noSuchName; or what it is instead. nullopt
// when the frame is none to this question.
constexpr const char *noSuchName = "NXDOMAIN";
std::optional<std::string> readDnsAnswer(std::span<const uint8_t> frame, const DnsQuestion &question);

std::string reverseName(Ipv4 address); // "1.0.77.10.in-addr.arpa"

class DnsLookups {
public:
  // For the client that holds `lease`, which goes on answering ARP. The limit is for all questions, from now on.
  DnsLookups(Link &link, DhcpExchanges &exchanges, const DhcpAnswer &lease, Ipv4 server,
             std::chrono::milliseconds limit)
      : link_(link), exchanges_(exchanges), lease_(lease), server_(server), limit_(limit), begin_(Clock::now()) {}

  // One exchange, right once the answer is the expected one; else the last answer is told.
  Result<ExchangeTally> awaitAnswer(DnsRecord record, const std::string &name, const std::string &expected);

private:
  Result<std::optional<std::string>> ask(const DnsQuestion &question, Deadline deadline);

  Link &link_;
  DhcpExchanges &exchanges_;
  DhcpAnswer lease_;
  Ipv4 server_;
  std::chrono::milliseconds limit_;
  Clock::time_point begin_;
  uint16_t lastId_ = 0x4847;
};

} // namespace hotgate::harness
