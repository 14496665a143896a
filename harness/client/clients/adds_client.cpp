#include "harness/client/clients/adds_client.h"

#include "harness/client/clients/client_error.h"
#include "harness/client/clients/ldap_session.h"
#include "harness/client/clients/smb_session.h"
#include "harness/guest/base64.h"
#include "support/sha256.h"

#include <algorithm>
#include <set>

namespace hotgate::harness {
namespace {

struct AddsSettings {
  std::string realm;       // "HOTGATE.EXAMPLE"
  std::string domain;      // "HOTGATE"
  std::string host;        // "dc.hotgate.example"
  std::string certificate; // DER
  KerberosAccount user;
  std::string userName;         // for a simple bind: "probe@hotgate.example"
  std::string service;          // a principal of the next account: "hotgate/service"
  KerberosAccount serviceOwner; // opens the service's tickets
  std::string entry;            // an entry, one of its attributes and the value that it has
  std::string attribute;
  std::string value;
  std::string pagedBase;
  std::string pagedPrefix; // the entries' names are this and a number from 1, of three digits at least
  int pagedCount = 0;
  int pageSize = 0;
  std::string policyFile; // "sysvol/hotgate.example/..."
  std::string policySha256;
};

// DER of PEM.
Result<std::string> certificateOf(std::string text) {
  constexpr std::string_view begin = "-----BEGIN CERTIFICATE-----";
  constexpr std::string_view end = "-----END CERTIFICATE-----";
  const size_t from = text.find(begin);
  const size_t to = text.find(end);
  std::optional<std::string> decoded;
  if (from != std::string::npos && to != std::string::npos && from < to) {
    text = text.substr(from + begin.size(), to - from - begin.size());
    std::erase_if(text, [](char character) { return character == '\n' || character == '\r'; });
    decoded = decodeBase64(text);
  }
  if (!decoded)
    return failInput("role file", "settings", "certificate is no PEM certificate",
                     "say the controller's certificate, or its authority's, as PEM");
  return *decoded;
}

Result<AddsSettings> readSettings(const ClientSetup &setup) {
  AddsSettings read;
  for (const auto &[name, field] : {std::pair("realm", &read.realm),
                                    {"domain", &read.domain},
                                    {"host", &read.host},
                                    {"user", &read.user.name},
                                    {"password", &read.user.password},
                                    {"user_name", &read.userName},
                                    {"service", &read.service},
                                    {"service_user", &read.serviceOwner.name},
                                    {"service_password", &read.serviceOwner.password},
                                    {"entry", &read.entry},
                                    {"attribute", &read.attribute},
                                    {"value", &read.value},
                                    {"paged_base", &read.pagedBase},
                                    {"paged_prefix", &read.pagedPrefix},
                                    {"policy_file", &read.policyFile},
                                    {"policy_sha256", &read.policySha256}}) {
    HOTGATE_TRY(*field, requiredSetting(setup, name));
  }
  HOTGATE_TRY(read.pagedCount, requiredNumber(setup, "paged_count", 1, 10'000));
  HOTGATE_TRY(read.pageSize, requiredNumber(setup, "page_size", 1, 1000));
  HOTGATE_TRY(const std::string certificate, requiredSetting(setup, "certificate"));
  HOTGATE_TRY(read.certificate, certificateOf(certificate));
  return read;
}

class AddsClient : public RoleClient {
public:
  AddsClient(std::string server, AddsSettings settings) : server_(std::move(server)), settings_(std::move(settings)) {}

  [[nodiscard]] std::vector<std::string> exchanges() const override;
  Outcome perform(const std::string &exchange, Deadline deadline) override;

private:
  Result<> ask(const std::string &exchange, Deadline deadline);
  Result<> initialTicket(const std::string &type, Deadline deadline);
  Result<> ticketOfService(const std::string &type, Deadline deadline);
  Result<> refusedByKdc(Deadline deadline);
  Result<> simpleBind(const std::string &scheme, Deadline deadline);
  Result<> refusedByLdap(Deadline deadline);
  Result<> gssapiBind(Deadline deadline);
  Result<> pagedSearch(Deadline deadline);
  Result<> readPolicy(Deadline deadline);
  Result<LdapSession> boundSession(const std::string &scheme, Deadline deadline) const;
  Result<> checkEntry(LdapSession &session, Deadline deadline) const;
  [[nodiscard]] std::string wrongPassword() const { return settings_.user.password + "-wrong"; }

  std::string server_;
  AddsSettings settings_;
};

std::vector<std::string> AddsClient::exchanges() const {
  return {"as-aes128",   "as-aes256", "as-rc4", "kerberos-refusal", "ldap-gssapi", "ldap-paged", "ldap-refusal",
          "ldap-simple", "ldaps",     "sysvol", "tgs-aes128",       "tgs-aes256",  "tgs-rc4"};
}

Outcome AddsClient::perform(const std::string &exchange, Deadline deadline) {
  return outcomeOf(ask(exchange, deadline));
}

Result<> AddsClient::ask(const std::string &exchange, Deadline deadline) {
  if (exchange.starts_with("as-"))
    return initialTicket(exchange.substr(3), deadline);
  if (exchange.starts_with("tgs-"))
    return ticketOfService(exchange.substr(4), deadline);
  if (exchange == "kerberos-refusal")
    return refusedByKdc(deadline);
  if (exchange == "ldap-simple")
    return simpleBind("ldap", deadline);
  if (exchange == "ldaps")
    return simpleBind("ldaps", deadline);
  if (exchange == "ldap-refusal")
    return refusedByLdap(deadline);
  if (exchange == "ldap-gssapi")
    return gssapiBind(deadline);
  if (exchange == "ldap-paged")
    return pagedSearch(deadline);
  if (exchange == "sysvol")
    return readPolicy(deadline);
  return failInput("AD DS client", "", "knows no exchange " + exchange);
}

Result<> AddsClient::initialTicket(const std::string &type, Deadline deadline) {
  HOTGATE_TRY(Kerberos kerberos, Kerberos::open(server_, settings_.realm));
  return kerberos.authenticate(settings_.user, encryptionTypeOf(type), deadline);
}

Result<> AddsClient::ticketOfService(const std::string &type, Deadline deadline) {
  HOTGATE_TRY(Kerberos kerberos, Kerberos::open(server_, settings_.realm));
  HOTGATE_CHECK(kerberos.authenticate(settings_.user, std::nullopt, deadline));
  return kerberos.serviceTicketOpens(settings_.service, settings_.serviceOwner, *encryptionTypeOf(type), deadline);
}

Result<> AddsClient::refusedByKdc(Deadline deadline) {
  HOTGATE_TRY(Kerberos kerberos, Kerberos::open(server_, settings_.realm));
  return kerberos.mustRefuse({settings_.user.name, wrongPassword()}, deadline);
}

Result<LdapSession> AddsClient::boundSession(const std::string &scheme, Deadline deadline) const {
  HOTGATE_TRY(LdapSession session, LdapSession::open(scheme + "://" + server_, settings_.certificate, deadline));
  HOTGATE_TRY(const int code, session.simpleBind(settings_.userName, settings_.user.password, deadline));
  if (code != LDAP_SUCCESS)
    return wrongAnswer("simple bind", fmt::format("expected success, got: {}", ldap_err2string(code)));
  return session;
}

Result<> AddsClient::checkEntry(LdapSession &session, Deadline deadline) const {
  HOTGATE_TRY(const std::vector<LdapEntry> entries,
              session.search({.base = settings_.entry, .attributes = {settings_.attribute}}, deadline));
  if (entries.size() != 1)
    return wrongAnswer("search", fmt::format("expected one entry, got {}", entries.size()));
  const auto value = entries[0].values.find(settings_.attribute);
  const std::string got = value == entries[0].values.end() ? "" : value->second.substr(0, 200);
  if (got != settings_.value)
    return wrongAnswer("search", fmt::format("expected {} of {} to be \"{}\", got \"{}\"", settings_.attribute,
                                             settings_.entry, settings_.value, got));
  return {};
}

Result<> AddsClient::simpleBind(const std::string &scheme, Deadline deadline) {
  HOTGATE_TRY(LdapSession session, boundSession(scheme, deadline));
  return checkEntry(session, deadline);
}

Result<> AddsClient::refusedByLdap(Deadline deadline) {
  HOTGATE_TRY(LdapSession session, LdapSession::open("ldap://" + server_, "", deadline));
  HOTGATE_TRY(const int code, session.simpleBind(settings_.userName, wrongPassword(), deadline));
  if (code != LDAP_INVALID_CREDENTIALS)
    return wrongAnswer("simple bind", fmt::format("expected \"{}\" for a wrong password, got \"{}\"",
                                                  ldap_err2string(LDAP_INVALID_CREDENTIALS), ldap_err2string(code)));
  return {};
}

Result<> AddsClient::gssapiBind(Deadline deadline) {
  HOTGATE_TRY(Kerberos kerberos, Kerberos::open(server_, settings_.realm));
  HOTGATE_CHECK(kerberos.authenticate(settings_.user, std::nullopt, deadline));
  const std::string service = "ldap/" + settings_.host;
  HOTGATE_CHECK(kerberos.serviceTicket(service, std::nullopt, deadline));
  HOTGATE_TRY(LdapSession session, LdapSession::open("ldap://" + server_, "", deadline));
  HOTGATE_CHECK(session.gssapiBind(kerberos, service, deadline));
  return checkEntry(session, deadline);
}

Result<> AddsClient::pagedSearch(Deadline deadline) {
  HOTGATE_TRY(LdapSession session, boundSession("ldap", deadline));
  int pages = 0;
  HOTGATE_TRY(const std::vector<LdapEntry> entries,
              session.pagedSearch({.base = settings_.pagedBase, .scope = LDAP_SCOPE_ONELEVEL, .attributes = {"cn"}},
                                  settings_.pageSize, pages, deadline));
  const int expectedPages = (settings_.pagedCount + settings_.pageSize - 1) / settings_.pageSize;
  std::set<std::string> missing;
  for (int number = 1; number <= settings_.pagedCount; ++number)
    missing.insert(fmt::format("{}{:03}", settings_.pagedPrefix, number));
  for (const LdapEntry &entry : entries) {
    const auto name = entry.values.find("cn");
    if (name == entry.values.end() || missing.erase(name->second) == 0)
      return wrongAnswer("paged search", "an entry twice, or one that is not due: " + entry.name.substr(0, 200));
  }
  if (!missing.empty())
    return wrongAnswer("paged search", fmt::format("expected {} entries, {} did not come; the first is {}",
                                                   settings_.pagedCount, missing.size(), *missing.begin()));
  if (pages < expectedPages)
    return wrongAnswer("paged search", fmt::format("expected {} pages, got {}", expectedPages, pages));
  return {};
}

Result<> AddsClient::readPolicy(Deadline deadline) {
  HOTGATE_TRY(SmbSession session,
              SmbSession::open(server_, {settings_.domain, settings_.user.name, settings_.user.password},
                               SmbDialect::smb3, SmbProtection::sign, deadline));
  constexpr size_t longestPolicy = size_t{1} << 20U;
  HOTGATE_TRY(const std::vector<uint8_t> content, session.readFile(settings_.policyFile, longestPolicy));
  const std::string digest = sha256Hex(content);
  if (digest != settings_.policySha256)
    return wrongAnswer("SYSVOL", fmt::format("expected {} to have SHA-256 {}, got {} bytes with {}",
                                             settings_.policyFile, settings_.policySha256, content.size(), digest));
  return {};
}

} // namespace

Result<std::unique_ptr<RoleClient>> makeAddsClient(const ClientSetup &setup) {
  HOTGATE_TRY(AddsSettings settings, readSettings(setup));
  return std::make_unique<AddsClient>(setup.server, std::move(settings));
}

} // namespace hotgate::harness
