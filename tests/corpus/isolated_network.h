// Two network namespaces joined by a veth pair, so that DHCP runs on its own ports with nothing of the host near it.
//
// The calling process moves into the client's namespace; programs started with serverNamespace() live in the server's.
// The server's side is 10.77.0.1/24; the client's side answers for all of 10.77.0.64 to 10.77.0.255, so that a reply to
// any leased address arrives. Nothing has a name on the host, so nothing is left behind. Works as root, and else
// through a user namespace.
#pragma once

#include "support/result.h"

namespace hotgate::corpus_test {

class IsolatedNetwork {
public:
  static Result<IsolatedNetwork> create();

  IsolatedNetwork(IsolatedNetwork &&other) noexcept;
  IsolatedNetwork(const IsolatedNetwork &) = delete;
  IsolatedNetwork &operator=(const IsolatedNetwork &) = delete;
  IsolatedNetwork &operator=(IsolatedNetwork &&) = delete;
  ~IsolatedNetwork();

  // A descriptor for setns(2).
  [[nodiscard]] int serverNamespace() const { return server_; }

private:
  explicit IsolatedNetwork(int server) : server_(server) {}
  int server_;
};

} // namespace hotgate::corpus_test
