// The soak's clients: each in turn takes a new lease or, mostly, renews the one it has.
#include "harness/roles/dhcp_probe.h"

#include "harness/roles/dhcp_queries.h"
#include "harness/roles/soak_loop.h"

#include <map>

namespace hotgate::harness {
namespace {

class SoakingDhcpClients : public SoakClients {
public:
  SoakingDhcpClients(DhcpExchanges &exchanges, const DhcpRole &role, int count) : exchanges_(exchanges), role_(role) {
    for (int number = 0; number < count; ++number) {
      const MacAddress hardware = clientHardware(ClientGroup::soak, static_cast<uint8_t>(number));
      numbers_[hardware] = number;
      clients_.push_back({hardware, number, std::nullopt}); // not all take a new lease at the same time
    }
  }

  Result<> beginTurn(int number) override {
    Client &client = clients_[static_cast<size_t>(number)];
    const bool renews = client.lease && client.turns++ % role_.newLeaseEvery != 0;
    if (!renews)
      return exchanges_.start("discover-offer", discoverQuery(client.hardware), offerExpected());
    return exchanges_.start("renew", renewQuery(client.hardware, *client.lease, role_.scope.server),
                            acknowledgeExpected(client.lease->address));
  }

  Result<Step> next() override {
    HOTGATE_TRY(const FinishedExchange finished, exchanges_.finishOne());
    Step step{.client = numbers_.at(finished.client), .isHeard = finished.answer.has_value()};
    Client &client = clients_[static_cast<size_t>(step.client)];
    if (!finished.isRight()) {
      client.lease.reset(); // start over, as a client does
      return step;
    }
    if (finished.exchange == "discover-offer") {
      step.isTurnOver = false;
      HOTGATE_CHECK(exchanges_.start("request-ack", selectQuery(client.hardware, *finished.answer, role_.scope.server),
                                     acknowledgeExpected(finished.answer->address)));
      return step;
    }
    step.isTransaction = true;
    client.lease = finished.answer;
    exchanges_.holdAddress(finished.answer->address, client.hardware);
    return step;
  }

  [[nodiscard]] bool isIdle() const override { return exchanges_.isIdle(); }

  Result<Rest> drain() override {
    HOTGATE_TRY(const bool isHeard, exchanges_.drain());
    for (Client &client : clients_)
      client.lease.reset();
    return Rest{.isHeard = isHeard, .transactions = 0};
  }

  ExchangeTallies takeTallies() override { return exchanges_.takeTallies(); }

private:
  struct Client {
    MacAddress hardware{};
    int turns = 0;
    std::optional<DhcpAnswer> lease;
  };

  DhcpExchanges &exchanges_;
  const DhcpRole &role_;
  std::map<MacAddress, int> numbers_;
  std::vector<Client> clients_;
};

} // namespace

Result<SoakReport> DhcpProbe::soak(const Sample &sample) { return soakUntil(untilAllAreSent(load_.requests), sample); }

Result<SoakReport> DhcpProbe::load(const GoesOn &goesOn) { return soakUntil(goesOn, takesNoSample); }

Result<SoakReport> DhcpProbe::soakUntil(const GoesOn &goesOn, const Sample &sample) {
  SoakingDhcpClients clients(exchanges_, role_, load_.clients);
  HOTGATE_TRY(SoakReport report, runSoak(clients, role_, load_.clients, goesOn, sample));
  HOTGATE_TRY(report.labFault, exhaustion(report.tallies));
  if (!report.labFault.empty())
    report.hung = false;
  return report;
}

} // namespace hotgate::harness
