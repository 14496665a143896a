#include "harness/client/clients/dns_client.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <fmt/ranges.h>
#include <ldns/ldns.h>
#include <unistd.h>

namespace hotgate::harness {
namespace {

constexpr uint16_t port = 53;
constexpr uint16_t ednsSize = 4096;
constexpr int addressTtl = 300;

using Packet = std::unique_ptr<ldns_pkt, decltype(&ldns_pkt_free)>;
using Records = std::unique_ptr<ldns_rr_list, decltype(&ldns_rr_list_deep_free)>;
using Wire = std::unique_ptr<ldns_buffer, decltype(&ldns_buffer_free)>;

enum class Transport { udp, tcp };

Outcome right() { return {}; }
Outcome wrong(std::string text) { return {Outcome::Kind::wrong, std::move(text)}; }
Outcome unanswered(std::string text) { return {Outcome::Kind::unanswered, std::move(text)}; }

timeval timeUntil(Deadline deadline) {
  const int left = std::max(1, millisecondsUntil(deadline));
  return {left / 1000, left % 1000 * 1000};
}

sockaddr_storage addressOf(const std::string &server) {
  sockaddr_storage storage{};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, server.c_str(), &address.sin_addr);
  std::memcpy(&storage, &address, sizeof address);
  return storage;
}

std::string textOf(char *text) { // NOLINT: libldns hands it over
  std::string copy = text == nullptr ? "" : text;
  free(text); // NOLINT: its allocator
  return copy;
}

ldns_rdf *nameOf(const std::string &text) { return ldns_dname_new_frm_str(text.c_str()); }

std::string codeOf(const ldns_pkt &packet) { return textOf(ldns_pkt_rcode2str(ldns_pkt_get_rcode(&packet))); }

// What came back for a message: the answer to it, or why there is none.
struct Reply {
  Packet packet{nullptr, ldns_pkt_free};
  Outcome failure;
  explicit operator bool() const { return packet != nullptr; }
};

Reply read(const ldns_pkt &sent, uint8_t *bytes, size_t size) {
  ldns_pkt *parsed = nullptr;
  const ldns_status status = ldns_wire2pkt(&parsed, bytes, size);
  free(bytes); // NOLINT: libldns' allocator
  if (status != LDNS_STATUS_OK)
    return {{nullptr, ldns_pkt_free},
            wrong(fmt::format("expected a DNS message, got {} bytes that are none: {}", size,
                              ldns_get_errorstr_by_id(status)))};
  Packet packet(parsed, ldns_pkt_free);
  if (ldns_pkt_id(parsed) != ldns_pkt_id(&sent) || !ldns_pkt_qr(parsed))
    return {{nullptr, ldns_pkt_free}, wrong("expected the answer to this query, got another message")};
  return {std::move(packet), {}};
}

Reply send(ldns_pkt &packet, const std::string &server, Transport transport, Deadline deadline) {
  ldns_pkt_set_random_id(&packet);
  const Wire wire(ldns_buffer_new(LDNS_MAX_PACKETLEN), ldns_buffer_free);
  if (ldns_pkt2buffer_wire(wire.get(), &packet) != LDNS_STATUS_OK)
    return {{nullptr, ldns_pkt_free}, wrong("the settings make no DNS message")};
  const sockaddr_storage to = addressOf(server);
  uint8_t *bytes = nullptr;
  size_t size = 0;
  const auto ask = transport == Transport::udp ? ldns_udp_send : ldns_tcp_send;
  const ldns_status status = ask(&bytes, wire.get(), &to, sizeof(sockaddr_in), timeUntil(deadline), &size);
  if (status != LDNS_STATUS_OK || bytes == nullptr)
    return {{nullptr, ldns_pkt_free}, unanswered(ldns_get_errorstr_by_id(status))};
  return read(packet, bytes, size);
}

Packet queryFor(const std::string &name, ldns_rr_type type, uint16_t edns = 0) {
  Packet packet(ldns_pkt_query_new(nameOf(name), type, LDNS_RR_CLASS_IN, LDNS_RD), ldns_pkt_free);
  if (edns != 0)
    ldns_pkt_set_edns_udp_size(packet.get(), edns);
  return packet;
}

// "0 100 389 ns.hotgate.test." of each record of this type in the answer, sorted.
std::vector<std::string> contentOf(const ldns_pkt &packet, ldns_rr_type type) {
  std::vector<std::string> content;
  const ldns_rr_list *records = ldns_pkt_answer(&packet);
  for (size_t at = 0; at < ldns_rr_list_rr_count(records); ++at) {
    const ldns_rr *record = ldns_rr_list_rr(records, at);
    if (ldns_rr_get_type(record) != type)
      continue;
    std::string text;
    for (size_t field = 0; field < ldns_rr_rd_count(record); ++field)
      text += (field == 0 ? "" : " ") + textOf(ldns_rdf2str(ldns_rr_rdf(record, field)));
    content.push_back(std::move(text));
  }
  std::sort(content.begin(), content.end());
  return content;
}

Outcome expectContent(const Reply &reply, ldns_rr_type type, const std::vector<std::string> &expected) {
  if (!reply)
    return reply.failure;
  const std::vector<std::string> got = contentOf(*reply.packet, type);
  if (ldns_pkt_get_rcode(reply.packet.get()) == LDNS_RCODE_NOERROR && got == expected)
    return right();
  return wrong(fmt::format("expected NOERROR {}, got {} {}", expected, codeOf(*reply.packet), got));
}

Outcome expectCount(const Reply &reply, ldns_rr_type type, const std::string &expected) {
  if (!reply)
    return reply.failure;
  const size_t got = contentOf(*reply.packet, type).size();
  if (std::to_string(got) == expected && !ldns_pkt_tc(reply.packet.get()))
    return right();
  return wrong(fmt::format("expected {} records, got {} {}{}", expected, codeOf(*reply.packet), got,
                           ldns_pkt_tc(reply.packet.get()) ? ", truncated" : ""));
}

Outcome expectCode(const Reply &reply, ldns_pkt_rcode code) {
  if (!reply)
    return reply.failure;
  if (ldns_pkt_get_rcode(reply.packet.get()) == code)
    return right();
  return wrong(fmt::format("expected {}, got {}", textOf(ldns_pkt_rcode2str(code)), codeOf(*reply.packet)));
}

// The messages of one exchange, one after the other until one goes wrong.
class Conversation {
public:
  Conversation(std::string server, Deadline deadline) : server_(std::move(server)), deadline_(deadline) {}

  using Check = std::function<Outcome(const Reply &)>;
  void then(const char *step, const Packet &packet, const Check &check) {
    if (outcome_.kind != Outcome::Kind::right)
      return;
    outcome_ = check(send(*packet, server_, Transport::udp, deadline_));
    if (outcome_.kind != Outcome::Kind::right)
      outcome_.text = fmt::format("{}: {}", step, outcome_.text);
  }
  [[nodiscard]] Outcome outcome() const { return outcome_; }

private:
  std::string server_;
  Deadline deadline_;
  Outcome outcome_;
};

class Update {
public:
  explicit Update(const std::string &zone) : zone_(zone) {}

  Update &add(const std::string &record) {
    ldns_rr *parsed = nullptr;
    if (ldns_rr_new_frm_str(&parsed, record.c_str(), addressTtl, nullptr, nullptr) == LDNS_STATUS_OK)
      ldns_rr_list_push_rr(changes_.get(), parsed);
    return *this;
  }
  Update &removeName(const std::string &name) {
    ldns_rr_list_push_rr(changes_.get(), empty(name, LDNS_RR_CLASS_ANY));
    return *this;
  }
  Update &unlessInUse(const std::string &name) {
    ldns_rr_list_push_rr(conditions_.get(), empty(name, LDNS_RR_CLASS_NONE));
    return *this;
  }
  [[nodiscard]] Packet packet() const {
    return {ldns_update_pkt_new(nameOf(zone_), LDNS_RR_CLASS_IN, conditions_.get(), changes_.get(), nullptr),
            ldns_pkt_free};
  }

private:
  static ldns_rr *empty(const std::string &name, ldns_rr_class kind) {
    ldns_rr *record = ldns_rr_new();
    ldns_rr_set_owner(record, nameOf(name));
    ldns_rr_set_type(record, LDNS_RR_TYPE_ANY);
    ldns_rr_set_class(record, kind);
    ldns_rr_set_ttl(record, 0);
    return record;
  }

  std::string zone_;
  Records conditions_{ldns_rr_list_new(), ldns_rr_list_deep_free};
  Records changes_{ldns_rr_list_new(), ldns_rr_list_deep_free};
};

Conversation::Check code(ldns_pkt_rcode expected) {
  return [expected](const Reply &reply) { return expectCode(reply, expected); };
}
Conversation::Check content(ldns_rr_type type, const std::string &expected) {
  return [=](const Reply &reply) { return expectContent(reply, type, {expected}); };
}

} // namespace

DnsClient::DnsClient(ClientSetup setup) : setup_(std::move(setup)) {
  const auto query = [this](Transport transport, const char *host, ldns_rr_type type, const char *expected) {
    return [=, this](Deadline deadline) {
      const Packet packet = queryFor(fullName(setting(host)), type);
      return expectContent(send(*packet, setup_.server, transport, deadline), type, {setting(expected)});
    };
  };
  exchanges_ = {{"a", query(Transport::udp, "host", LDNS_RR_TYPE_A, "a")},
                {"aaaa", query(Transport::udp, "host", LDNS_RR_TYPE_AAAA, "aaaa")},
                {"srv", query(Transport::udp, "srv_host", LDNS_RR_TYPE_SRV, "srv")},
                {"tcp", query(Transport::tcp, "host", LDNS_RR_TYPE_A, "a")},
                {"edns", [this](Deadline deadline) { return edns(deadline); }},
                {"tcp-fallback", [this](Deadline deadline) { return tcpFallback(deadline); }},
                {"nonexistent", [this](Deadline deadline) { return nonexistent(deadline); }},
                {"update", [this](Deadline deadline) { return update(deadline); }},
                {"dhcp-registration", [this](Deadline deadline) { return dhcpRegistration(deadline); }},
                {"transfer", [this](Deadline deadline) { return transfer(deadline); }}};
}

std::vector<std::string> DnsClient::exchanges() const {
  std::vector<std::string> names;
  for (const auto &[name, perform] : exchanges_)
    names.push_back(name);
  return names;
}

Outcome DnsClient::perform(const std::string &exchange, Deadline deadline) {
  const auto found = exchanges_.find(exchange);
  return found == exchanges_.end() ? wrong("the client has no such exchange") : found->second(deadline);
}

std::string DnsClient::setting(const char *name) const {
  const auto found = setup_.settings.find(name);
  return found == setup_.settings.end() ? std::string() : found->second;
}

std::string DnsClient::fullName(const std::string &host) const { return fmt::format("{}.{}.", host, setting("zone")); }

Outcome DnsClient::edns(Deadline deadline) {
  const Packet packet = queryFor(fullName(setting("big_host")), LDNS_RR_TYPE_TXT, ednsSize);
  return expectCount(send(*packet, setup_.server, Transport::udp, deadline), LDNS_RR_TYPE_TXT, setting("big_records"));
}

// An answer that does not fit is cut and says so; then TCP gives all of it.
Outcome DnsClient::tcpFallback(Deadline deadline) {
  const Packet packet = queryFor(fullName(setting("big_host")), LDNS_RR_TYPE_TXT);
  const Reply cut = send(*packet, setup_.server, Transport::udp, deadline);
  if (!cut)
    return cut.failure;
  if (!ldns_pkt_tc(cut.packet.get()))
    return wrong("expected a truncated answer over UDP, got one that is not");
  return expectCount(send(*packet, setup_.server, Transport::tcp, deadline), LDNS_RR_TYPE_TXT, setting("big_records"));
}

Outcome DnsClient::nonexistent(Deadline deadline) {
  const Packet packet = queryFor(fullName("no-such-host"), LDNS_RR_TYPE_A);
  return expectCode(send(*packet, setup_.server, Transport::udp, deadline), LDNS_RCODE_NXDOMAIN);
}

Outcome DnsClient::update(Deadline deadline) {
  const std::string name = fullName(fmt::format("update-{}", setup_.number));
  const std::string address = fmt::format("{}.{}", setting("update_network"), setup_.number);
  Conversation talk(setup_.server, deadline);
  const auto add = Update(setting("zone")).add(fmt::format("{} {} IN A {}", name, addressTtl, address)).packet();
  const auto remove = Update(setting("zone")).removeName(name).packet();
  const auto query = queryFor(name, LDNS_RR_TYPE_A);
  talk.then("adding", add, code(LDNS_RCODE_NOERROR));
  talk.then("asking for what was added", query, content(LDNS_RR_TYPE_A, address));
  talk.then("removing", remove, code(LDNS_RCODE_NOERROR));
  talk.then("asking for what was removed", query, code(LDNS_RCODE_NXDOMAIN));
  return talk.outcome();
}

// RFC 4703 5.3.1: the name must not be in use; the DHCID record says whose it is; then the reverse name.
Outcome DnsClient::dhcpRegistration(Deadline deadline) {
  constexpr int firstHost = 100; // apart from update()'s
  const int host = firstHost + setup_.number;
  const std::string name = fullName(fmt::format("lease-{}", setup_.number));
  const std::string address = fmt::format("{}.{}", setting("update_network"), host);
  const std::string reverse = fmt::format("{}.{}.", host, setting("reverse_zone"));
  Conversation talk(setup_.server, deadline);
  const auto forget = Update(setting("zone")).removeName(name).packet();
  const auto forward =
      Update(setting("zone"))
          .unlessInUse(name)
          .add(fmt::format("{} {} IN A {}", name, addressTtl, address))
          .add(fmt::format("{} {} IN DHCID AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=", name, addressTtl))
          .packet();
  const auto backward = Update(setting("reverse_zone"))
                            .removeName(reverse)
                            .add(fmt::format("{} {} IN PTR {}", reverse, addressTtl, name))
                            .packet();
  talk.then("removing what an earlier lease left", forget, code(LDNS_RCODE_NOERROR));
  talk.then("registering the name", forward, code(LDNS_RCODE_NOERROR));
  talk.then("registering it for another client", forward, code(LDNS_RCODE_YXDOMAIN));
  talk.then("registering the address", backward, code(LDNS_RCODE_NOERROR));
  talk.then("asking for the name", queryFor(name, LDNS_RR_TYPE_A), content(LDNS_RR_TYPE_A, address));
  talk.then("asking for the address", queryFor(reverse, LDNS_RR_TYPE_PTR), content(LDNS_RR_TYPE_PTR, name));
  talk.then("removing the name", forget, code(LDNS_RCODE_NOERROR));
  return talk.outcome();
}

// All messages of the transfer, from the zone's SOA to the same SOA again.
Outcome DnsClient::transfer(Deadline deadline) {
  constexpr size_t recordLimit = 100'000; // a server could go on for ever
  const Packet packet = queryFor(setting("zone") + ".", LDNS_RR_TYPE_AXFR);
  ldns_pkt_set_rd(packet.get(), false);
  const Wire wire(ldns_buffer_new(LDNS_MAX_PACKETLEN), ldns_buffer_free);
  ldns_pkt_set_random_id(packet.get());
  if (ldns_pkt2buffer_wire(wire.get(), packet.get()) != LDNS_STATUS_OK)
    return wrong("the settings make no DNS message");
  const sockaddr_storage to = addressOf(setup_.server);
  const int socket = ldns_tcp_connect2(&to, sizeof(sockaddr_in), timeUntil(deadline));
  if (socket < 0)
    return unanswered("no connection");
  const std::unique_ptr<const int, void (*)(const int *)> closing(&socket, [](const int *open) { close(*open); });
  if (ldns_tcp_send_query(wire.get(), socket, &to, sizeof(sockaddr_in)) == 0)
    return unanswered("the connection was closed");
  size_t records = 0;
  size_t beginnings = 0;
  bool hasHost = false;
  while (beginnings < 2 && records < recordLimit) {
    size_t size = 0;
    if (Clock::now() >= deadline)
      return unanswered(fmt::format("the transfer stopped after {} records", records));
    uint8_t *bytes = ldns_tcp_read_wire_timeout(socket, &size, timeUntil(deadline));
    if (bytes == nullptr)
      return unanswered(fmt::format("the transfer stopped after {} records", records));
    const Reply reply = read(*packet, bytes, size);
    if (!reply)
      return reply.failure;
    if (ldns_pkt_get_rcode(reply.packet.get()) != LDNS_RCODE_NOERROR)
      return wrong("expected a transfer, got " + codeOf(*reply.packet));
    const std::vector<std::string> addresses = contentOf(*reply.packet, LDNS_RR_TYPE_A);
    hasHost = hasHost || std::find(addresses.begin(), addresses.end(), setting("a")) != addresses.end();
    beginnings += contentOf(*reply.packet, LDNS_RR_TYPE_SOA).size();
    const size_t count = ldns_rr_list_rr_count(ldns_pkt_answer(reply.packet.get()));
    if (count == 0)
      return wrong("expected records, got a message without any");
    records += count;
  }
  return hasHost ? right()
                 : wrong(fmt::format("expected {} among the zone's addresses, got {} records without it", setting("a"),
                                     records));
}

} // namespace hotgate::harness
