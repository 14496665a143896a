#include "harness/client/clients/dns_client.h"

#include "harness/client/clients/client_error.h"
#include "harness/client/clients/server_socket.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <ldns/ldns.h>

namespace hotgate::harness {
namespace {

constexpr uint16_t port = 53;
constexpr uint16_t ednsSize = 4096;
constexpr int addressTtl = 300;

using Packet = std::unique_ptr<ldns_pkt, decltype(&ldns_pkt_free)>;
using Records = std::unique_ptr<ldns_rr_list, decltype(&ldns_rr_list_deep_free)>;
using Wire = std::unique_ptr<ldns_buffer, decltype(&ldns_buffer_free)>;

using Transport = ServerSocket::Transport;

Outcome right() { return {}; }
Outcome wrong(std::string text) { return {Outcome::Kind::wrong, std::move(text)}; }

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
  const ldns_rdf *asked = nullptr; // the name that was asked for; the message's that was sent
  explicit operator bool() const { return packet != nullptr; }
};

Reply failed(Outcome outcome) { return {{nullptr, ldns_pkt_free}, std::move(outcome)}; }

Reply read(const ldns_pkt &sent, const std::vector<uint8_t> &bytes) {
  ldns_pkt *parsed = nullptr;
  const ldns_status status = ldns_wire2pkt(&parsed, bytes.data(), bytes.size());
  if (status != LDNS_STATUS_OK)
    return failed(wrong(fmt::format("expected a DNS message, got {} bytes that are none: {}", bytes.size(),
                                    ldns_get_errorstr_by_id(status))));
  Packet packet(parsed, ldns_pkt_free);
  if (ldns_pkt_id(parsed) != ldns_pkt_id(&sent) || !ldns_pkt_qr(parsed))
    return failed(wrong("expected the answer to this query, got another message"));
  const ldns_rr_list *questions = ldns_pkt_question(&sent);
  return {std::move(packet), {}, ldns_rr_owner(ldns_rr_list_rr(questions, 0))};
}

// libldns' own sending has a timeout for each wait, so that a server that drips holds it for hours.
class DnsConnection {
public:
  static Result<DnsConnection> open(const std::string &server, Transport transport, Deadline deadline) {
    HOTGATE_TRY(ServerSocket socket, ServerSocket::connect(server, port, transport, deadline));
    return DnsConnection(std::move(socket), transport);
  }

  // Under an id of its own.
  Result<> send(ldns_pkt &packet, Deadline deadline) {
    ldns_pkt_set_random_id(&packet);
    const Wire wire(ldns_buffer_new(LDNS_MAX_PACKETLEN), ldns_buffer_free);
    if (ldns_pkt2buffer_wire(wire.get(), &packet) != LDNS_STATUS_OK)
      return wrongAnswer("role file", "the settings make no DNS message");
    const size_t size = ldns_buffer_position(wire.get());
    std::vector<uint8_t> bytes;
    if (transport_ == Transport::tcp)
      bytes = {static_cast<uint8_t>(size >> 8U), static_cast<uint8_t>(size)};
    bytes.insert(bytes.end(), ldns_buffer_begin(wire.get()), ldns_buffer_begin(wire.get()) + size);
    return socket_.send(bytes, deadline);
  }

  Result<std::vector<uint8_t>> receive(Deadline deadline) {
    if (transport_ == Transport::udp)
      return socket_.receiveDatagram(LDNS_MAX_PACKETLEN, deadline);
    HOTGATE_TRY(const std::vector<uint8_t> head, socket_.receive(2, deadline));
    return socket_.receive(size_t{head[0]} << 8U | head[1], deadline);
  }

private:
  DnsConnection(ServerSocket socket, Transport transport) : socket_(std::move(socket)), transport_(transport) {}

  ServerSocket socket_;
  Transport transport_;
};

Result<std::vector<uint8_t>> answerTo(ldns_pkt &packet, const std::string &server, Transport transport,
                                      Deadline deadline) {
  HOTGATE_TRY(DnsConnection connection, DnsConnection::open(server, transport, deadline));
  HOTGATE_CHECK(connection.send(packet, deadline));
  return connection.receive(deadline);
}

Reply send(ldns_pkt &packet, const std::string &server, Transport transport, Deadline deadline) {
  const auto bytes = answerTo(packet, server, transport, deadline);
  return bytes ? read(packet, *bytes) : failed(outcomeOf(Failure(bytes.error())));
}

Packet queryFor(const std::string &name, ldns_rr_type type, uint16_t edns = 0) {
  Packet packet(ldns_pkt_query_new(nameOf(name), type, LDNS_RR_CLASS_IN, LDNS_RD), ldns_pkt_free);
  if (edns != 0)
    ldns_pkt_set_edns_udp_size(packet.get(), edns);
  return packet;
}

// "0 100 389 ns.hotgate.test." of each record of this type in the answer, sorted; of `owner` only, if one is given.
std::vector<std::string> contentOf(const ldns_pkt &packet, ldns_rr_type type, const ldns_rdf *owner = nullptr) {
  std::vector<std::string> content;
  const ldns_rr_list *records = ldns_pkt_answer(&packet);
  for (size_t at = 0; at < ldns_rr_list_rr_count(records); ++at) {
    const ldns_rr *record = ldns_rr_list_rr(records, at);
    if (ldns_rr_get_type(record) != type || (owner != nullptr && ldns_dname_compare(ldns_rr_owner(record), owner) != 0))
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
  const std::vector<std::string> got = contentOf(*reply.packet, type, reply.asked);
  if (ldns_pkt_get_rcode(reply.packet.get()) == LDNS_RCODE_NOERROR && got == expected)
    return right();
  return wrong(fmt::format("expected NOERROR {}, got {} {}", expected, codeOf(*reply.packet), got));
}

Outcome expectCount(const Reply &reply, ldns_rr_type type, const std::string &expected) {
  if (!reply)
    return reply.failure;
  const size_t got = contentOf(*reply.packet, type, reply.asked).size();
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

Outcome DnsClient::transfer(Deadline deadline) { return outcomeOf(transferZone(deadline)); }

// All messages of the transfer, from the zone's SOA to the same SOA again.
Result<> DnsClient::transferZone(Deadline deadline) const {
  constexpr size_t recordLimit = 100'000; // a server could go on for ever
  const Packet packet = queryFor(setting("zone") + ".", LDNS_RR_TYPE_AXFR);
  ldns_pkt_set_rd(packet.get(), false);
  HOTGATE_TRY(DnsConnection connection, DnsConnection::open(setup_.server, Transport::tcp, deadline));
  HOTGATE_CHECK(connection.send(*packet, deadline));
  size_t records = 0;
  size_t beginnings = 0;
  bool hasHost = false;
  while (beginnings < 2) {
    const auto bytes = connection.receive(deadline);
    if (!bytes)
      return noAnswer(fmt::format("transfer, after {} records", records), bytes.error().reason);
    const Reply reply = read(*packet, *bytes);
    if (!reply)
      return wrongAnswer("transfer", reply.failure.text);
    if (ldns_pkt_get_rcode(reply.packet.get()) != LDNS_RCODE_NOERROR)
      return wrongAnswer("transfer", "expected one, got " + codeOf(*reply.packet));
    const std::vector<std::string> addresses = contentOf(*reply.packet, LDNS_RR_TYPE_A);
    hasHost = hasHost || std::find(addresses.begin(), addresses.end(), setting("a")) != addresses.end();
    beginnings += contentOf(*reply.packet, LDNS_RR_TYPE_SOA).size();
    const size_t count = ldns_rr_list_rr_count(ldns_pkt_answer(reply.packet.get()));
    if (count == 0)
      return wrongAnswer("transfer", "expected records, got a message without any");
    records += count;
    if (records > recordLimit)
      return wrongAnswer("transfer", fmt::format("expected its end, got more than {} records", recordLimit));
  }
  if (!hasHost)
    return wrongAnswer("transfer", fmt::format("expected {} among the zone's addresses, got {} records without it",
                                               setting("a"), records));
  return {};
}

} // namespace hotgate::harness
