// The web role's client, on libcurl: HTTP/1.1 and HTTP/2, in clear and with TLS, each on a connection of its own, with
// what the page must hold. With TLS only the certificate of the role's settings is trusted.
//
// Settings: host (of the Host header and the certificate), page (path), content (of the page, whole), large (path),
// large_bytes, large_sha256, certificate (PEM).
#pragma once

#include "harness/roles/role_client.h"

namespace hotgate::harness {

class WebClient : public RoleClient {
public:
  explicit WebClient(ClientSetup setup);

  [[nodiscard]] std::vector<std::string> exchanges() const override;
  Outcome perform(const std::string &exchange, Deadline deadline) override;

private:
  ClientSetup setup_;
};

} // namespace hotgate::harness
