// One client of a role's server, built on a well-kept client library. It runs in the program hotgate-client, in a
// network namespace whose only wire leads to the guest: what a hostile server does to a library costs that process and
// nothing else. (DHCP needs no client of this kind: dhcp_probe.h speaks on the raw link.)
#pragma once

#include "harness/vm/deadline.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hotgate::harness {

struct ClientSetup {
  std::string server;                          // "10.77.0.1"
  std::map<std::string, std::string> settings; // of the role's file: names, accounts, the content that is expected
  int number = 0;                              // which one of those that ask at once
};

// What became of one exchange. The caller measures the time.
struct Outcome {
  enum class Kind : uint8_t { right, wrong, unanswered };
  Kind kind = Kind::right;
  std::string text; // "expected ..., got ..."; "" when it is right
};

class RoleClient {
public:
  virtual ~RoleClient() = default;

  // The names of all exchanges that it knows, sorted: "a", "tcp-fallback". The role's file chooses among them.
  [[nodiscard]] virtual std::vector<std::string> exchanges() const = 0;
  // One exchange from its beginning (a connection of its own) to its end, or to the deadline.
  virtual Outcome perform(const std::string &exchange, Deadline deadline) = 0;
};

} // namespace hotgate::harness
