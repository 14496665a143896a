// The soak: several clients at once, each in turn taking a new lease or, mostly, renewing the one it has.
#include "harness/roles/dhcp_probe.h"

#include "harness/roles/dhcp_queries.h"

#include <map>

namespace hotgate::harness {
namespace {

struct SoakClient {
  MacAddress hardware{};
  int turns = 0;
  std::optional<DhcpAnswer> lease;
};

class SoakRun {
public:
  SoakRun(DhcpExchanges &exchanges, const DhcpRole &role, int clients, const DhcpProbe::GoesOn &goesOn,
          const DhcpProbe::Sample &sample)
      : exchanges_(exchanges), role_(role), goesOn_(goesOn), sample_(sample) {
    for (int index = 0; index < clients; ++index) {
      const MacAddress hardware = clientHardware(ClientGroup::soak, static_cast<uint8_t>(index));
      clients_[hardware] = {hardware, index, std::nullopt}; // not all take a new lease at the same time
    }
  }

  Result<SoakReport> run() {
    HOTGATE_CHECK(sample_(0));
    for (;;) {
      HOTGATE_CHECK(serveClients());
      HOTGATE_TRY(const bool someCame, exchanges_.drain());
      if (!isSilent_)
        break;
      if (!someCame) {
        report_.hung = true;
        break;
      }
      // Late, but alive: HG608's matter. The clients start over.
      for (auto &[hardware, client] : clients_)
        client.lease.reset();
    }
    report_.tallies = exchanges_.takeTallies();
    report_.fault = report_.hung
                        ? fmt::format("hung: nothing was answered for {} deadlines of {} ms and one more, after {} "
                                      "transactions",
                                      role_.hangDeadlines, role_.deadline.count(), report_.transactions)
                        : firstFault(report_.tallies);
    return std::move(report_);
  }

private:
  // Until all requests are done, or nothing was answered for too long.
  Result<> serveClients() {
    isSilent_ = false;
    for (auto &[hardware, client] : clients_)
      HOTGATE_CHECK(beginTurn(client));
    lastAnswer_ = Clock::now();
    while (!exchanges_.isIdle() && !isSilent_) {
      HOTGATE_TRY(const FinishedExchange finished, exchanges_.finishOne());
      HOTGATE_CHECK(take(finished));
    }
    return {};
  }

  Result<> beginTurn(SoakClient &client) {
    HOTGATE_TRY(const bool more, goesOn_(begun_));
    if (!more)
      return {};
    ++begun_;
    const bool renews = client.lease && client.turns++ % role_.newLeaseEvery != 0;
    if (!renews)
      return exchanges_.start("discover-offer", discoverQuery(client.hardware), offerExpected());
    return exchanges_.start("renew", renewQuery(client.hardware, *client.lease, role_.scope.server),
                            acknowledgeExpected(client.lease->address));
  }

  Result<> take(const FinishedExchange &finished) {
    SoakClient &client = clients_[finished.client];
    if (finished.answer)
      lastAnswer_ = Clock::now();
    else
      isSilent_ = Clock::now() - lastAnswer_ >= role_.hangDeadlines * role_.deadline;
    if (isSilent_)
      return {};
    if (!finished.isRight()) {
      client.lease.reset(); // start over, as a client does
      return beginTurn(client);
    }
    if (finished.exchange == "discover-offer")
      return exchanges_.start("request-ack", selectQuery(client.hardware, *finished.answer, role_.scope.server),
                              acknowledgeExpected(finished.answer->address));
    client.lease = finished.answer;
    exchanges_.holdAddress(finished.answer->address, client.hardware);
    if (++report_.transactions % role_.soak.sampleEvery == 0)
      HOTGATE_CHECK(sample_(report_.transactions));
    return beginTurn(client);
  }

  DhcpExchanges &exchanges_;
  const DhcpRole &role_;
  const DhcpProbe::GoesOn &goesOn_;
  const DhcpProbe::Sample &sample_;
  std::map<MacAddress, SoakClient> clients_;
  int64_t begun_ = 0;
  Clock::time_point lastAnswer_;
  bool isSilent_ = false;
  SoakReport report_;
};

} // namespace

Result<SoakReport> DhcpProbe::soak(const Sample &sample) {
  const GoesOn untilAllAreSent = [this](int64_t requests) -> Result<bool> { return requests < load_.requests; };
  return SoakRun(exchanges_, role_, load_.clients, untilAllAreSent, sample).run();
}

Result<SoakReport> DhcpProbe::load(const GoesOn &goesOn) {
  const Sample none = [](int64_t) { return Result<>(); };
  return SoakRun(exchanges_, role_, load_.clients, goesOn, none).run();
}

} // namespace hotgate::harness
