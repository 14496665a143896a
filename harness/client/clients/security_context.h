// The client's side of a GSSAPI security context over Kerberos. The library sends nothing: its tokens are the caller's
// to carry, and the service's ticket must be among the tickets already.
#pragma once

#include "harness/client/clients/kerberos.h"

#include <gssapi/gssapi.h>

namespace hotgate::harness {

class SecurityContext {
public:
  // `service` is "ldap/dc.hotgate.example".
  static Result<SecurityContext> open(const Kerberos &kerberos, const std::string &service);
  SecurityContext(SecurityContext &&other) noexcept;
  SecurityContext(const SecurityContext &) = delete;
  SecurityContext &operator=(const SecurityContext &) = delete;
  ~SecurityContext();

  // The next token for the server; "" when none is due. The server must prove itself before the context is complete.
  Result<std::string> step(const std::string &theirs);
  [[nodiscard]] bool isComplete() const { return complete_; }

  // RFC 4752 3.1: the server's offer of security layers, and the answer that takes none.
  Result<std::string> declineSecurityLayer(const std::string &offer);

private:
  SecurityContext() = default;

  gss_cred_id_t credential_ = GSS_C_NO_CREDENTIAL;
  gss_name_t target_ = GSS_C_NO_NAME;
  gss_ctx_id_t context_ = GSS_C_NO_CONTEXT;
  bool complete_ = false;
};

} // namespace hotgate::harness
