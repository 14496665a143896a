// A TLS server's side of a connection, and the certificate that it shows, for odd servers.
#pragma once

#include "tests/harness/client/odd_server.h"

#include <memory>
#include <string>

namespace hotgate::harness {

// Signed by itself, for this name and 127.0.0.1; made anew each time.
class TestCertificate {
public:
  explicit TestCertificate(const std::string &host);
  [[nodiscard]] const std::string &pem() const { return pem_; }
  // Shakes hands, with HTTP/2 chosen by ALPN, and gives the script a socket on which it speaks in clear.
  [[nodiscard]] OddServer::Script secured(OddServer::Script script) const;

private:
  std::shared_ptr<void> context_; // SSL_CTX
  std::string pem_;
};

} // namespace hotgate::harness
