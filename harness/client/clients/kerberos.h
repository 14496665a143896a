// Kerberos against one KDC: a ticket-granting ticket by password, service tickets from it, and the context that a
// service is spoken to with. Built on MIT libkrb5's step interface: the library makes and reads the messages, we carry
// them (over TCP), so that every wait has a deadline. libkrb5's own transport has none.
//
// Limits: passwords only; one realm; what a KDC says of other realms is not followed.
#pragma once

#include "harness/vm/deadline.h"
#include "support/result.h"

#include <cstdint>
#include <functional>
#include <krb5/krb5.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hotgate::harness {

// "aes256", "aes128", "rc4".
std::optional<krb5_enctype> encryptionTypeOf(const std::string &name);

struct KerberosAccount {
  std::string name;
  std::string password;
};

class Kerberos {
public:
  // Takes no configuration of this host: sets KRB5_CONFIG for the whole process.
  static Result<Kerberos> open(std::string server, std::string realm, uint16_t port = 88);

  // AS exchange. The ticket is kept for the service tickets; its session key has the type asked for, if any is.
  Result<> authenticate(const KerberosAccount &account, std::optional<krb5_enctype> type, Deadline deadline);
  // AS exchange with a password that the KDC must refuse, and for the right reason.
  Result<> mustRefuse(const KerberosAccount &account, Deadline deadline);

  // TGS exchange for "ldap/dc.hotgate.example"; after authenticate().
  Result<> serviceTicket(const std::string &service, std::optional<krb5_enctype> type, Deadline deadline);
  // The same, and the ticket must open under the service's own key and name the client: that the KDC's answer was in
  // good form says nothing of the part that only the service can read.
  Result<> serviceTicketOpens(const std::string &service, const KerberosAccount &owner, krb5_enctype type,
                              Deadline deadline);

  [[nodiscard]] const std::string &realm() const { return realm_; }
  // The tickets so far; valid while this object lives.
  [[nodiscard]] krb5_ccache tickets() const { return tickets_.get(); }

private:
  struct ContextEnd {
    void operator()(krb5_context context) const { krb5_free_context(context); }
  };
  struct TicketsEnd {
    krb5_context context = nullptr;
    void operator()(krb5_ccache tickets) const { krb5_cc_destroy(context, tickets); }
  };
  using Context = std::unique_ptr<std::remove_pointer_t<krb5_context>, ContextEnd>;
  using Tickets = std::unique_ptr<std::remove_pointer_t<krb5_ccache>, TicketsEnd>;
  class Principal;
  class Credentials;

  Kerberos(std::string server, std::string realm, uint16_t port, Context context, Tickets tickets)
      : server_(std::move(server)), realm_(std::move(realm)), port_(port), context_(std::move(context)),
        tickets_(std::move(tickets)) {}

  [[nodiscard]] std::string textOf(krb5_error_code code) const;
  Result<Principal> principal(const std::string &name) const;
  // One message to the KDC and its answer.
  Result<std::vector<char>> ask(const krb5_data &message, Deadline deadline) const;
  // The whole AS exchange; the library's verdict is the value, Errors are the transport's.
  // One step of libkrb5's: the KDC's last answer in, the next message out.
  using Step = std::function<krb5_error_code(krb5_data *in, krb5_data *out, krb5_data *realm, unsigned *flags)>;
  // Carries messages to and from the KDC for as long as the step's flags say that it goes on.
  Result<krb5_error_code> talk(const Step &step, unsigned goesOn, Deadline deadline) const;
  Result<krb5_error_code> initialExchange(krb5_init_creds_context exchange, Deadline deadline) const;
  Result<krb5_error_code> askForTicket(const KerberosAccount &account, krb5_principal client,
                                       std::optional<krb5_enctype> type, Credentials &credentials, Deadline deadline);
  Result<krb5_error_code> ticketExchange(krb5_tkt_creds_context exchange, Deadline deadline) const;
  Result<Credentials> fetchServiceTicket(const std::string &service, std::optional<krb5_enctype> type,
                                         Deadline deadline);
  Result<> checkOpens(const Credentials &credentials, const KerberosAccount &owner) const;

  std::string server_;
  std::string realm_;
  uint16_t port_;
  Context context_;
  Tickets tickets_; // ends before the context
};

} // namespace hotgate::harness
