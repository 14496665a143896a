// Limits: at most mostEntries entries in a search, longestMessage bytes in a message, and so many bytes and pieces in a
// session; referrals are not followed.
#include "harness/client/clients/ldap_session.h"

#include "harness/client/clients/client_error.h"
#include "harness/client/clients/security_context.h"

#include <cerrno>

namespace hotgate::harness {
namespace {

constexpr size_t mostEntries = 20'000;
constexpr ber_len_t longestMessage = ber_len_t{4} << 20U;
// libldap reads on for as long as anything comes: past messages that answer nothing which was asked, and it keeps some
// kinds of them. An entry takes two or three reads.
constexpr size_t mostBytes = size_t{16} << 20U;
constexpr size_t mostReads = 100'000;
constexpr int countingLevel = (LBER_SBIOD_LEVEL_PROVIDER + LBER_SBIOD_LEVEL_TRANSPORT) / 2; // between TCP and TLS

timeval spanUntil(Deadline deadline) {
  // Zero would be "without end" to some of libldap's calls.
  const int milliseconds = std::max(1, millisecondsUntil(deadline));
  return {milliseconds / 1000, suseconds_t{milliseconds % 1000} * 1000};
}

void connectionEnded(LDAP *, Sockbuf *, ldap_conncb *) {}

int setUpTls(LDAP *session, const std::string &certificate) {
  int demand = LDAP_OPT_X_TLS_DEMAND;
  berval authority{certificate.size(), const_cast<char *>(certificate.data())};
  int none = 0;
  int code = ldap_set_option(session, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
  if (code == LDAP_SUCCESS)
    code = ldap_set_option(session, LDAP_OPT_X_TLS_CACERT, &authority);
  return code == LDAP_SUCCESS ? ldap_set_option(session, LDAP_OPT_X_TLS_NEWCTX, &none) : code;
}

} // namespace

LdapSession::LdapSession(LDAP *session, Deadline deadline)
    : limits_(std::make_unique<ConnectionLimits>()), session_(session) {
  limits_->deadline = deadline;
  limits_->callback = {limitConnection, connectionEnded, limits_.get()};
}

bool LdapSession::ConnectionLimits::isExceeded() const { return bytes > mostBytes || reads > mostReads; }

int LdapSession::ConnectionLimits::setUp(Sockbuf_IO_Desc *layer, void *limits) {
  layer->sbiod_pvt = limits;
  return 0;
}

int LdapSession::ConnectionLimits::control(Sockbuf_IO_Desc *layer, int option, void *value) {
  return LBER_SBIOD_CTRL_NEXT(layer, option, value);
}

ber_slen_t LdapSession::ConnectionLimits::read(Sockbuf_IO_Desc *layer, void *buffer, ber_len_t size) {
  auto *limits = static_cast<ConnectionLimits *>(layer->sbiod_pvt);
  if (limits->isExceeded() || Clock::now() >= limits->deadline) {
    errno = ECONNABORTED;
    return -1;
  }
  const ber_slen_t count = LBER_SBIOD_READ_NEXT(layer, buffer, size);
  limits->bytes += count > 0 ? static_cast<size_t>(count) : 0;
  limits->reads += count > 0 ? 1 : 0;
  return count;
}

ber_slen_t LdapSession::ConnectionLimits::write(Sockbuf_IO_Desc *layer, void *bytes, ber_len_t size) {
  return LBER_SBIOD_WRITE_NEXT(layer, bytes, size);
}

int LdapSession::limitConnection(LDAP *, Sockbuf *buffer, LDAPURLDesc *, sockaddr *, ldap_conncb *callback) {
  auto *limits = static_cast<ConnectionLimits *>(callback->lc_arg);
  ber_len_t longest = longestMessage;
  ber_sockbuf_ctrl(buffer, LBER_SB_OPT_SET_MAX_INCOMING, &longest);
  static Sockbuf_IO counting{ConnectionLimits::setUp, nullptr, ConnectionLimits::control, ConnectionLimits::read,
                             ConnectionLimits::write, nullptr};
  ber_sockbuf_add_io(buffer, &counting, countingLevel, limits);
  ber_socket_t descriptor = -1;
  ber_sockbuf_ctrl(buffer, LBER_SB_OPT_GET_FD, &descriptor);
  limits->watcher = std::make_unique<SocketDeadline>(descriptor, limits->deadline);
  return 0;
}

Failure LdapSession::refused(const char *operation, int code, const std::string &text) const {
  if (limits_->isExceeded())
    return wrongAnswer(operation, fmt::format("more than was asked for: {} bytes in {} pieces, and no end",
                                              limits_->bytes, limits_->reads));
  std::string reason = ldap_err2string(code);
  if (!text.empty())
    reason += ": " + text;
  if (code == LDAP_SERVER_DOWN || code == LDAP_TIMEOUT || code == LDAP_CONNECT_ERROR) {
    char *details = nullptr;
    ldap_get_option(session_.get(), LDAP_OPT_DIAGNOSTIC_MESSAGE, static_cast<void *>(&details));
    if (details != nullptr && *details != '\0')
      reason += fmt::format(" ({})", details);
    ldap_memfree(details);
    return noAnswer(operation, reason);
  }
  return wrongAnswer(operation, reason);
}

Result<LdapSession> LdapSession::open(const std::string &url, const std::string &certificate, Deadline deadline) {
  LDAP *raw = nullptr;
  if (const int code = ldap_initialize(&raw, url.c_str()); code != LDAP_SUCCESS)
    return failFault("libldap", url, ldap_err2string(code));
  const timeval span = spanUntil(deadline);
  LdapSession session(raw, deadline);
  const int version = LDAP_VERSION3;
  ldap_set_option(raw, LDAP_OPT_PROTOCOL_VERSION, &version);
  ldap_set_option(raw, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
  ldap_set_option(raw, LDAP_OPT_RESTART, LDAP_OPT_ON); // of a poll() that a signal ended
  ldap_set_option(raw, LDAP_OPT_NETWORK_TIMEOUT, &span);
  ldap_set_option(raw, LDAP_OPT_TIMEOUT, &span);
  if (url.starts_with("ldaps:"))
    if (const int code = setUpTls(raw, certificate); code != LDAP_SUCCESS)
      return failInput("role file", "settings", fmt::format("certificate: {}", ldap_err2string(code)),
                       "say the DER certificate as base64");
  ldap_set_option(raw, LDAP_OPT_CONNECT_CB, &session.limits_->callback);
  if (const int code = ldap_connect(raw); code != LDAP_SUCCESS)
    return session.refused("connection", code);
  return session;
}

Result<LdapSession::Message> LdapSession::next(int operation, Deadline deadline) {
  timeval span = spanUntil(deadline);
  LDAPMessage *message = nullptr;
  const int type = ldap_result(session_.get(), operation, LDAP_MSG_ONE, &span, &message);
  Message owned(message);
  if (type > 0)
    return owned;
  if (type == 0)
    return noAnswer("LDAP", "no answer within the deadline");
  int code = LDAP_SERVER_DOWN;
  ldap_get_option(session_.get(), LDAP_OPT_RESULT_CODE, &code);
  return refused("LDAP", code == LDAP_SUCCESS ? LDAP_SERVER_DOWN : code);
}

Result<LdapSession::Answer> LdapSession::parse(LDAPMessage *message) {
  Answer answer;
  char *text = nullptr;
  LDAPControl **controls = nullptr;
  const int code = ldap_parse_result(session_.get(), message, &answer.code, nullptr, &text, nullptr, &controls, 0);
  answer.controls.reset(controls);
  if (text != nullptr)
    answer.text = text;
  ldap_memfree(text);
  if (code != LDAP_SUCCESS)
    return refused("LDAP result", code);
  return answer;
}

Result<int> LdapSession::simpleBind(const std::string &name, const std::string &password, Deadline deadline) {
  berval secret{password.size(), const_cast<char *>(password.data())};
  int operation = 0;
  const int code =
      ldap_sasl_bind(session_.get(), name.c_str(), LDAP_SASL_SIMPLE, &secret, nullptr, nullptr, &operation);
  if (code != LDAP_SUCCESS)
    return refused("simple bind", code);
  HOTGATE_TRY(const Message message, next(operation, deadline));
  HOTGATE_TRY(const Answer answer, parse(message.get()));
  return answer.code;
}

Result<LdapSession::SaslAnswer> LdapSession::saslStep(const std::string &token, Deadline deadline) {
  berval ours{token.size(), const_cast<char *>(token.data())};
  int operation = 0;
  const int code = ldap_sasl_bind(session_.get(), "", "GSSAPI", &ours, nullptr, nullptr, &operation);
  if (code != LDAP_SUCCESS)
    return refused("GSSAPI bind", code);
  HOTGATE_TRY(const Message message, next(operation, deadline));
  berval *raw = nullptr;
  // Its value is the bind's result or an error in the answer's form; parse() tells the two apart.
  ldap_parse_sasl_bind_result(session_.get(), message.get(), &raw, 0);
  const Value theirs(raw);
  HOTGATE_TRY(const Answer answer, parse(message.get()));
  if (answer.code != LDAP_SUCCESS && answer.code != LDAP_SASL_BIND_IN_PROGRESS)
    return refused("GSSAPI bind", answer.code, answer.text);
  return SaslAnswer{answer.code, theirs ? std::string(theirs->bv_val, theirs->bv_len) : std::string()};
}

Result<> LdapSession::gssapiBind(const Kerberos &kerberos, const std::string &service, Deadline deadline) {
  HOTGATE_TRY(SecurityContext context, SecurityContext::open(kerberos, service));
  constexpr int mostRounds = 8;
  SaslAnswer answer{LDAP_SASL_BIND_IN_PROGRESS, ""};
  for (int round = 0; answer.code == LDAP_SASL_BIND_IN_PROGRESS && round < mostRounds; ++round) {
    std::string token;
    if (!context.isComplete()) {
      HOTGATE_TRY(token, context.step(answer.token));
    } else {
      HOTGATE_TRY(token, context.declineSecurityLayer(answer.token));
    }
    HOTGATE_TRY(answer, saslStep(token, deadline));
  }
  if (answer.code != LDAP_SUCCESS || !context.isComplete())
    return wrongAnswer("GSSAPI bind", fmt::format("not done after {} rounds", mostRounds));
  return {};
}

Result<LdapEntry> LdapSession::entryOf(LDAPMessage *message, const std::vector<std::string> &attributes) {
  LdapEntry entry;
  char *name = ldap_get_dn(session_.get(), message);
  if (name == nullptr)
    return wrongAnswer("search", "an entry without a name");
  entry.name = name;
  ldap_memfree(name);
  for (const std::string &attribute : attributes) {
    berval **values = ldap_get_values_len(session_.get(), message, attribute.c_str());
    if (values != nullptr && values[0] != nullptr)
      entry.values[attribute].assign(values[0]->bv_val, values[0]->bv_len);
    ldap_value_free_len(values);
  }
  return entry;
}

Result<LdapSession::Answer> LdapSession::searchPage(const LdapQuery &query, LDAPControl **controls,
                                                    std::vector<LdapEntry> &entries, Deadline deadline) {
  std::vector<char *> attributes;
  for (const std::string &attribute : query.attributes)
    attributes.push_back(const_cast<char *>(attribute.c_str()));
  attributes.push_back(nullptr);
  int operation = 0;
  const int code = ldap_search_ext(session_.get(), query.base.c_str(), query.scope, query.filter.c_str(),
                                   attributes.data(), 0, controls, nullptr, nullptr, LDAP_NO_LIMIT, &operation);
  if (code != LDAP_SUCCESS)
    return refused("search", code);
  for (;;) {
    HOTGATE_TRY(const Message message, next(operation, deadline));
    switch (ldap_msgtype(message.get())) {
    case LDAP_RES_SEARCH_ENTRY: {
      if (entries.size() >= mostEntries)
        return wrongAnswer("search", fmt::format("more than {} entries", mostEntries));
      HOTGATE_TRY(LdapEntry entry, entryOf(message.get(), query.attributes));
      entries.push_back(std::move(entry));
      break;
    }
    case LDAP_RES_SEARCH_RESULT: {
      HOTGATE_TRY(Answer answer, parse(message.get()));
      if (answer.code != LDAP_SUCCESS)
        return refused("search", answer.code, answer.text);
      return answer;
    }
    default: // a reference to another server, an intermediate response
      break;
    }
    if (Clock::now() >= deadline)
      return noAnswer("search", "not at its end at the deadline");
  }
}

Result<std::vector<LdapEntry>> LdapSession::search(const LdapQuery &query, Deadline deadline) {
  std::vector<LdapEntry> entries;
  HOTGATE_CHECK(searchPage(query, nullptr, entries, deadline));
  return entries;
}

Result<std::vector<LdapEntry>> LdapSession::pagedSearch(const LdapQuery &query, int pageSize, int &pages,
                                                        Deadline deadline) {
  std::vector<LdapEntry> entries;
  std::string cookie;
  pages = 0;
  do {
    berval value{cookie.size(), cookie.data()};
    LDAPControl *page = nullptr;
    if (const int code = ldap_create_page_control(session_.get(), pageSize, &value, 'T', &page); code != LDAP_SUCCESS)
      return failFault("libldap", "ldap_create_page_control", ldap_err2string(code));
    const std::unique_ptr<LDAPControl, void (*)(LDAPControl *)> owned(page, ldap_control_free);
    LDAPControl *controls[] = {page, nullptr};
    const size_t before = entries.size();
    HOTGATE_TRY(const Answer answer, searchPage(query, controls, entries, deadline));
    ++pages;
    if (entries.size() - before > static_cast<size_t>(pageSize))
      return wrongAnswer("paged search", fmt::format("expected at most {} entries in a page, got {}", pageSize,
                                                     entries.size() - before));
    LDAPControl *found = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, answer.controls.get(), nullptr);
    ber_int_t estimate = 0;
    berval next{};
    if (found == nullptr || ldap_parse_pageresponse_control(session_.get(), found, &estimate, &next) != LDAP_SUCCESS)
      return wrongAnswer("paged search", "the result has no paged-results control");
    cookie.assign(next.bv_val == nullptr ? "" : next.bv_val, next.bv_len);
    ber_memfree(next.bv_val);
    if (entries.size() == before && !cookie.empty())
      return wrongAnswer("paged search", "an empty page that is not the last");
  } while (!cookie.empty());
  return entries;
}

} // namespace hotgate::harness
