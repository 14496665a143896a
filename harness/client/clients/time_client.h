// The time role's client: one NTP request (RFC 5905, mode 3) and what the answer must hold: our own time stamp given
// back, a server's mode, a stratum that can be, no alarm, and a time near this host's.
//
// Settings: most_offset_ms, most_stratum.
#pragma once

#include "harness/roles/role_client.h"
#include "support/result.h"

namespace hotgate::harness {

class TimeClient : public RoleClient {
public:
  explicit TimeClient(ClientSetup setup) : setup_(std::move(setup)) {}

  [[nodiscard]] std::vector<std::string> exchanges() const override { return {"ntp3", "ntp4"}; }
  Outcome perform(const std::string &exchange, Deadline deadline) override;

private:
  Result<> ask(unsigned version, Deadline deadline) const;
  [[nodiscard]] int64_t number(const char *setting) const;
  ClientSetup setup_;
};

} // namespace hotgate::harness
