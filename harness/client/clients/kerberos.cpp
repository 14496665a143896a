#include "harness/client/clients/kerberos.h"

#include "harness/client/clients/client_error.h"
#include "harness/client/clients/server_socket.h"

#include <cstdlib>
#include <utility>

namespace hotgate::harness {
namespace {

constexpr size_t longestAnswer = size_t{256} << 10U; // a ticket with a large authorization part has some 16 KiB
constexpr int mostSteps = 10;                        // an AS exchange takes two or three

struct ExchangeEnd {
  krb5_context context;
  void operator()(krb5_init_creds_context exchange) const { krb5_init_creds_free(context, exchange); }
  void operator()(krb5_tkt_creds_context exchange) const { krb5_tkt_creds_free(context, exchange); }
};
using InitialExchange = std::unique_ptr<std::remove_pointer_t<krb5_init_creds_context>, ExchangeEnd>;
using TicketExchange = std::unique_ptr<std::remove_pointer_t<krb5_tkt_creds_context>, ExchangeEnd>;

struct OptionsEnd {
  krb5_context context;
  void operator()(krb5_get_init_creds_opt *options) const { krb5_get_init_creds_opt_free(context, options); }
};
using Options = std::unique_ptr<krb5_get_init_creds_opt, OptionsEnd>;

struct TicketEnd {
  krb5_context context;
  void operator()(krb5_ticket *ticket) const { krb5_free_ticket(context, ticket); }
};
using Ticket = std::unique_ptr<krb5_ticket, TicketEnd>;

krb5_data dataOf(std::vector<char> &bytes) {
  return {KV5M_DATA, static_cast<unsigned>(bytes.size()), bytes.empty() ? nullptr : bytes.data()};
}

std::string nameOf(krb5_enctype type) {
  char name[64] = "unknown";
  krb5_enctype_to_name(type, 0, name, sizeof name);
  return name;
}

} // namespace

std::optional<krb5_enctype> encryptionTypeOf(const std::string &name) {
  if (name == "aes256")
    return ENCTYPE_AES256_CTS_HMAC_SHA1_96;
  if (name == "aes128")
    return ENCTYPE_AES128_CTS_HMAC_SHA1_96;
  if (name == "rc4")
    return ENCTYPE_ARCFOUR_HMAC;
  return std::nullopt;
}

class Kerberos::Principal {
public:
  Principal(krb5_context context, krb5_principal principal) : context_(context), principal_(principal) {}
  Principal(Principal &&other) noexcept
      : context_(other.context_), principal_(std::exchange(other.principal_, nullptr)) {}
  Principal(const Principal &) = delete;
  Principal &operator=(const Principal &) = delete;
  ~Principal() { krb5_free_principal(context_, principal_); }
  [[nodiscard]] krb5_principal get() const { return principal_; }

private:
  krb5_context context_;
  krb5_principal principal_;
};

class Kerberos::Credentials {
public:
  explicit Credentials(krb5_context context) : context_(context) {}
  Credentials(Credentials &&other) noexcept : value(std::exchange(other.value, {})), context_(other.context_) {}
  Credentials(const Credentials &) = delete;
  Credentials &operator=(const Credentials &) = delete;
  ~Credentials() { krb5_free_cred_contents(context_, &value); }

  krb5_creds value{};

private:
  krb5_context context_;
};

Result<Kerberos> Kerberos::open(std::string server, std::string realm, uint16_t port) {
  // The GSSAPI library makes a context of its own, and reads the same variable.
  setenv("KRB5_CONFIG", "/dev/null", 1);
  krb5_context context = nullptr;
  if (const krb5_error_code code = krb5_init_context(&context))
    return failFault("libkrb5", "krb5_init_context", fmt::format("fails with {}", code));
  Context owned(context);
  krb5_ccache tickets = nullptr;
  if (const krb5_error_code code = krb5_cc_new_unique(context, "MEMORY", nullptr, &tickets))
    return failFault("libkrb5", "krb5_cc_new_unique", fmt::format("fails with {}", code));
  return Kerberos(std::move(server), std::move(realm), port, std::move(owned), Tickets(tickets, {context}));
}

std::string Kerberos::textOf(krb5_error_code code) const {
  const char *message = krb5_get_error_message(context_.get(), code);
  std::string text = message;
  krb5_free_error_message(context_.get(), message);
  return text;
}

Result<Kerberos::Principal> Kerberos::principal(const std::string &name) const {
  krb5_principal parsed = nullptr;
  if (const krb5_error_code code = krb5_parse_name(context_.get(), (name + "@" + realm_).c_str(), &parsed))
    return failInput("role file", "settings", fmt::format("{} is no principal: {}", name, textOf(code)));
  return Principal(context_.get(), parsed);
}

// RFC 4120 7.2.2: four bytes of length, then the message.
Result<std::vector<char>> Kerberos::ask(const krb5_data &message, Deadline deadline) const {
  HOTGATE_TRY(ServerSocket socket, ServerSocket::connect(server_, port_, ServerSocket::Transport::tcp, deadline));
  std::vector<uint8_t> request;
  for (unsigned shift = 32; shift != 0; shift -= 8)
    request.push_back(static_cast<uint8_t>(message.length >> (shift - 8)));
  request.insert(request.end(), message.data, message.data + message.length);
  HOTGATE_CHECK(socket.send(request, deadline));
  HOTGATE_TRY(const std::vector<uint8_t> head, socket.receive(4, deadline));
  const size_t length = size_t{head[0]} << 24U | size_t{head[1]} << 16U | size_t{head[2]} << 8U | head[3];
  if (length > longestAnswer)
    return wrongAnswer("KDC", fmt::format("announces an answer of {} bytes", length));
  HOTGATE_TRY(const std::vector<uint8_t> answer, socket.receive(length, deadline));
  return std::vector<char>(answer.begin(), answer.end());
}

Result<krb5_error_code> Kerberos::talk(const Step &step, unsigned goesOn, Deadline deadline) const {
  std::vector<char> answer;
  for (int message = 0; message < mostSteps; ++message) {
    krb5_data in = dataOf(answer);
    krb5_data out{};
    krb5_data realm{};
    unsigned flags = 0;
    const krb5_error_code code = step(&in, &out, &realm, &flags);
    krb5_free_data_contents(context_.get(), &realm);
    const std::unique_ptr<krb5_data, void (*)(krb5_data *)> owned(
        &out, [](krb5_data *data) { krb5_free_data_contents(nullptr, data); });
    if (code != 0 || (flags & goesOn) == 0)
      return code;
    HOTGATE_TRY(answer, ask(out, deadline));
  }
  return wrongAnswer("KDC", fmt::format("still asks for more after {} messages", mostSteps));
}

Result<krb5_error_code> Kerberos::initialExchange(krb5_init_creds_context exchange, Deadline deadline) const {
  const Step step = [&](krb5_data *in, krb5_data *out, krb5_data *realm, unsigned *flags) {
    return krb5_init_creds_step(context_.get(), exchange, in, out, realm, flags);
  };
  return talk(step, KRB5_INIT_CREDS_STEP_FLAG_CONTINUE, deadline);
}

Result<krb5_error_code> Kerberos::ticketExchange(krb5_tkt_creds_context exchange, Deadline deadline) const {
  const Step step = [&](krb5_data *in, krb5_data *out, krb5_data *realm, unsigned *flags) {
    return krb5_tkt_creds_step(context_.get(), exchange, in, out, realm, flags);
  };
  return talk(step, KRB5_TKT_CREDS_STEP_FLAG_CONTINUE, deadline);
}

Result<krb5_error_code> Kerberos::askForTicket(const KerberosAccount &account, krb5_principal client,
                                               std::optional<krb5_enctype> type, Credentials &credentials,
                                               Deadline deadline) {
  krb5_get_init_creds_opt *rawOptions = nullptr;
  if (const krb5_error_code code = krb5_get_init_creds_opt_alloc(context_.get(), &rawOptions))
    return failFault("libkrb5", "krb5_get_init_creds_opt_alloc", textOf(code));
  const Options options(rawOptions, {context_.get()});
  krb5_enctype types[1] = {type.value_or(ENCTYPE_NULL)};
  if (type)
    krb5_get_init_creds_opt_set_etype_list(options.get(), types, 1);

  krb5_init_creds_context rawExchange = nullptr;
  if (const krb5_error_code code =
          krb5_init_creds_init(context_.get(), client, nullptr, nullptr, 0, options.get(), &rawExchange))
    return failFault("libkrb5", "krb5_init_creds_init", textOf(code));
  const InitialExchange exchange(rawExchange, {context_.get()});
  if (const krb5_error_code code =
          krb5_init_creds_set_password(context_.get(), exchange.get(), account.password.c_str()))
    return failFault("libkrb5", "krb5_init_creds_set_password", textOf(code));
  HOTGATE_TRY(const krb5_error_code verdict, initialExchange(exchange.get(), deadline));
  return verdict != 0 ? verdict : krb5_init_creds_get_creds(context_.get(), exchange.get(), &credentials.value);
}

Result<> Kerberos::authenticate(const KerberosAccount &account, std::optional<krb5_enctype> type, Deadline deadline) {
  HOTGATE_TRY(const Principal client, principal(account.name));
  Credentials credentials(context_.get());
  HOTGATE_TRY(const krb5_error_code verdict, askForTicket(account, client.get(), type, credentials, deadline));
  if (verdict != 0)
    return wrongAnswer("AS exchange", fmt::format("expected a ticket for {}, got: {}", account.name, textOf(verdict)));
  const krb5_enctype got = credentials.value.keyblock.enctype;
  if (type && got != *type)
    return wrongAnswer("AS exchange",
                       fmt::format("expected a session key of {}, got one of {}", nameOf(*type), nameOf(got)));
  if (const krb5_error_code code = krb5_cc_initialize(context_.get(), tickets_.get(), client.get()))
    return failFault("libkrb5", "krb5_cc_initialize", textOf(code));
  if (const krb5_error_code code = krb5_cc_store_cred(context_.get(), tickets_.get(), &credentials.value))
    return failFault("libkrb5", "krb5_cc_store_cred", textOf(code));
  return {};
}

Result<> Kerberos::mustRefuse(const KerberosAccount &account, Deadline deadline) {
  HOTGATE_TRY(const Principal client, principal(account.name));
  Credentials credentials(context_.get());
  HOTGATE_TRY(const krb5_error_code verdict, askForTicket(account, client.get(), std::nullopt, credentials, deadline));
  if (verdict == KRB5KDC_ERR_PREAUTH_FAILED)
    return {};
  return wrongAnswer("AS exchange",
                     fmt::format("expected \"{}\" for a wrong password, got {}", textOf(KRB5KDC_ERR_PREAUTH_FAILED),
                                 verdict == 0 ? "a ticket" : "\"" + textOf(verdict) + "\""));
}

Result<Kerberos::Credentials> Kerberos::fetchServiceTicket(const std::string &service, std::optional<krb5_enctype> type,
                                                           Deadline deadline) {
  HOTGATE_TRY(const Principal server, principal(service));
  krb5_principal rawClient = nullptr;
  if (const krb5_error_code code = krb5_cc_get_principal(context_.get(), tickets_.get(), &rawClient))
    return failFault("libkrb5", "krb5_cc_get_principal", textOf(code));
  const Principal client(context_.get(), rawClient);
  krb5_creds wanted{};
  wanted.client = client.get();
  wanted.server = server.get();
  wanted.keyblock.enctype = type.value_or(ENCTYPE_NULL);
  krb5_tkt_creds_context rawExchange = nullptr;
  if (const krb5_error_code code = krb5_tkt_creds_init(context_.get(), tickets_.get(), &wanted, 0, &rawExchange))
    return failFault("libkrb5", "krb5_tkt_creds_init", textOf(code));
  const TicketExchange exchange(rawExchange, {context_.get()});
  HOTGATE_TRY(const krb5_error_code verdict, ticketExchange(exchange.get(), deadline));
  if (verdict != 0)
    return wrongAnswer("TGS exchange", fmt::format("expected a ticket for {}, got: {}", service, textOf(verdict)));
  Credentials credentials(context_.get());
  if (const krb5_error_code code = krb5_tkt_creds_get_creds(context_.get(), exchange.get(), &credentials.value))
    return wrongAnswer("TGS exchange", textOf(code));
  const krb5_enctype got = credentials.value.keyblock.enctype;
  if (type && got != *type)
    return wrongAnswer("TGS exchange",
                       fmt::format("expected a session key of {}, got one of {}", nameOf(*type), nameOf(got)));
  return credentials;
}

Result<> Kerberos::serviceTicket(const std::string &service, std::optional<krb5_enctype> type, Deadline deadline) {
  HOTGATE_CHECK(fetchServiceTicket(service, type, deadline));
  return {};
}

Result<> Kerberos::serviceTicketOpens(const std::string &service, const KerberosAccount &owner, krb5_enctype type,
                                      Deadline deadline) {
  HOTGATE_TRY(const Credentials credentials, fetchServiceTicket(service, type, deadline));
  return checkOpens(credentials, owner);
}

// The service's key as its host would have it in a keytab. The salt of a user's AES keys in an AD is the realm and the
// account's name.
Result<> Kerberos::checkOpens(const Credentials &credentials, const KerberosAccount &owner) const {
  krb5_context context = context_.get();
  krb5_ticket *rawTicket = nullptr;
  if (const krb5_error_code code = krb5_decode_ticket(&credentials.value.ticket, &rawTicket))
    return wrongAnswer("service ticket", textOf(code));
  const Ticket ticket(rawTicket, {context});
  std::string salt = realm_ + owner.name;
  std::string password = owner.password;
  const krb5_data saltData{KV5M_DATA, static_cast<unsigned>(salt.size()), salt.data()};
  const krb5_data passwordData{KV5M_DATA, static_cast<unsigned>(password.size()), password.data()};
  krb5_keytab_entry entry{};
  entry.principal = ticket->server;
  entry.vno = ticket->enc_part.kvno;
  if (const krb5_error_code code =
          krb5_c_string_to_key(context, ticket->enc_part.enctype, &passwordData, &saltData, &entry.key))
    return wrongAnswer("service ticket",
                       fmt::format("is under a key of {}: {}", nameOf(ticket->enc_part.enctype), textOf(code)));
  krb5_keytab keys = nullptr;
  krb5_error_code code = krb5_kt_resolve(context, "MEMORY:hotgate", &keys);
  if (code == 0)
    code = krb5_kt_add_entry(context, keys, &entry);
  krb5_free_keyblock_contents(context, &entry.key);
  if (code == 0)
    code = krb5_server_decrypt_ticket_keytab(context, keys, ticket.get());
  if (keys != nullptr)
    krb5_kt_close(context, keys); // the last reference: a MEMORY keytab goes with it
  if (code != 0)
    return wrongAnswer("service ticket",
                       fmt::format("does not open under the key of {}: {}", owner.name, textOf(code)));
  if (krb5_principal_compare(context, ticket->enc_part2->client, credentials.value.client) == 0)
    return wrongAnswer("service ticket", "names another client than the one that asked");
  return {};
}

} // namespace hotgate::harness
