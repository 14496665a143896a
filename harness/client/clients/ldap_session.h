// One connection to an LDAP server, over libldap's asynchronous calls: every wait has a deadline, every answer a bound.
//
// libldap waits without end in a TLS handshake, and in the middle of a TLS record: so the connection itself ends at the
// deadline that it was opened with.
#pragma once

#include "harness/client/clients/kerberos.h"
#include "harness/client/clients/socket_deadline.h"

#include <lber.h>
#include <ldap.h>
#include <map>

namespace hotgate::harness {

// An entry's attributes; only those asked for, the first value of each.
struct LdapEntry {
  std::string name; // distinguished
  std::map<std::string, std::string> values;
};

struct LdapQuery {
  std::string base;
  int scope = LDAP_SCOPE_BASE;
  std::string filter = "(objectClass=*)";
  std::vector<std::string> attributes;
};

class LdapSession {
public:
  // "ldap://10.77.0.1" or "ldaps://10.77.0.1". With TLS the server's certificate must be `certificate` (DER) or signed
  // by it, and name the address.
  static Result<LdapSession> open(const std::string &url, const std::string &certificate, Deadline deadline);

  // The LDAP result code of the bind.
  Result<int> simpleBind(const std::string &name, const std::string &password, Deadline deadline);
  // SASL GSSAPI without a security layer, as RFC 4752 has it. The ticket for `service` must be there already.
  Result<> gssapiBind(const Kerberos &kerberos, const std::string &service, Deadline deadline);

  Result<std::vector<LdapEntry>> search(const LdapQuery &query, Deadline deadline);
  // All pages; RFC 2696. `pages` says how many there were.
  Result<std::vector<LdapEntry>> pagedSearch(const LdapQuery &query, int pageSize, int &pages, Deadline deadline);

private:
  struct SessionEnd {
    void operator()(LDAP *session) const { ldap_unbind_ext(session, nullptr, nullptr); }
  };
  struct MessageEnd {
    void operator()(LDAPMessage *message) const { ldap_msgfree(message); }
  };
  struct ControlsEnd {
    void operator()(LDAPControl **controls) const { ldap_controls_free(controls); }
  };
  struct ValueEnd {
    void operator()(berval *value) const { ber_bvfree(value); }
  };
  using Message = std::unique_ptr<LDAPMessage, MessageEnd>;
  using Controls = std::unique_ptr<LDAPControl *, ControlsEnd>;
  using Value = std::unique_ptr<berval, ValueEnd>;
  struct Answer {
    int code = 0;
    std::string text;
    Controls controls;
  };
  struct SaslAnswer {
    int code = 0;
    std::string token;
  };

  // What libldap calls between connect() and the TLS handshake, and through which it reads; it keeps the address until
  // the session ends.
  struct ConnectionLimits {
    ldap_conncb callback{};
    Deadline deadline;
    std::unique_ptr<SocketDeadline> watcher;
    size_t bytes = 0; // received
    size_t reads = 0;

    [[nodiscard]] bool isExceeded() const;
    // A layer of lber's.
    static int setUp(Sockbuf_IO_Desc *layer, void *limits);
    static int control(Sockbuf_IO_Desc *layer, int option, void *value);
    static ber_slen_t read(Sockbuf_IO_Desc *layer, void *buffer, ber_len_t size);
    static ber_slen_t write(Sockbuf_IO_Desc *layer, void *bytes, ber_len_t size);
  };
  static int limitConnection(LDAP *, Sockbuf *buffer, LDAPURLDesc *, sockaddr *, ldap_conncb *callback);

  LdapSession(LDAP *session, Deadline deadline);

  [[nodiscard]] Failure refused(const char *operation, int code, const std::string &text = {}) const;
  // The next message of an operation.
  Result<Message> next(int operation, Deadline deadline);
  Result<Answer> parse(LDAPMessage *message);
  Result<SaslAnswer> saslStep(const std::string &token, Deadline deadline);
  Result<LdapEntry> entryOf(LDAPMessage *message, const std::vector<std::string> &attributes);
  // Entries go to `entries`; the result that ends them is the value.
  Result<Answer> searchPage(const LdapQuery &query, LDAPControl **controls, std::vector<LdapEntry> &entries,
                            Deadline deadline);

  std::unique_ptr<ConnectionLimits> limits_;
  std::unique_ptr<LDAP, SessionEnd> session_; // ends before them
};

} // namespace hotgate::harness
