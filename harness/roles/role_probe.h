// What the lab asks of a server from outside, whatever its role: the health gate, the smoke set, the witness of the
// base's bug, and the soak. Behind it stands a probe on the raw link (dhcp_probe.h) or the clients of a role in a
// process of their own (harness/client/client_probe.h). The service's state is never asked; only an answer in time with
// the right content counts.
//
// An Error is a fault of the lab (the link is gone, the clients' program does not start); what the server does wrong is
// in the reports.
#pragma once

#include "harness/roles/exchange_tally.h"
#include "harness/roles/link.h"

#include <functional>
#include <memory>

namespace hotgate::harness {

struct ProbeReport {
  ExchangeTallies tallies;
  std::string fault; // "" when every exchange was answered in time with the right content
};

struct WitnessReport {
  ExchangeTallies tallies;
  std::string seen; // vulnerable, fixed, no-answer, other
  std::string text;
};

// What lab.yaml may ask for in place of the role's own.
struct SoakLoad {
  int64_t requests = 400; // in all
  int clients = 6;        // that ask at once
};
struct SoakReport {
  ExchangeTallies tallies;
  int64_t transactions = 0; // answered
  bool hung = false;        // nothing was answered any more
  std::string fault;
};

class RoleProbe {
public:
  virtual ~RoleProbe() = default;

  // One exchange that must go well before anything is believed.
  virtual Result<ProbeReport> health() = 0;
  virtual Result<ProbeReport> smoke() = 0;
  // Asked up to three times when there is no answer: one lost frame says nothing about the code.
  virtual Result<WitnessReport> witness() = 0;
  // `sample` is called with the number of transactions so far: at 0 and after every so many of them.
  using Sample = std::function<Result<>(int64_t transactions)>;
  virtual Result<SoakReport> soak(const Sample &sample) = 0;
  // The soak's clients for as long as it goes on, which is asked before each request with the number of those before
  // it. Nothing is asked any more once the service is silent.
  using GoesOn = std::function<Result<bool>(int64_t requests)>;
  virtual Result<SoakReport> load(const GoesOn &goesOn) = 0;
};

// Made when the guest's link is there.
using ProbeFactory = std::function<Result<std::unique_ptr<RoleProbe>>(Link &)>;

} // namespace hotgate::harness
