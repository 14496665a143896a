#include "harness/roles/soak_loop.h"

namespace hotgate::harness {
namespace {

class SoakRun {
public:
  SoakRun(SoakClients &clients, const Role &role, int count, const RoleProbe::GoesOn &goesOn,
          const RoleProbe::Sample &sample)
      : clients_(clients), role_(role), count_(count), goesOn_(goesOn), sample_(sample) {}

  Result<SoakReport> run() {
    HOTGATE_CHECK(sample_(0));
    do {
      HOTGATE_CHECK(serve());
      HOTGATE_TRY(const SoakClients::Rest rest, clients_.drain());
      for (int64_t transaction = 0; transaction < rest.transactions; ++transaction)
        HOTGATE_CHECK(countTransaction());
      // When the last ones came after all it is late, but alive: HG608's matter. The clients start over.
      report_.hung = isSilent_ && !rest.isHeard;
    } while (isSilent_ && !report_.hung);
    report_.tallies = clients_.takeTallies();
    report_.fault = report_.hung
                        ? fmt::format("hung: nothing was answered for {} deadlines of {} ms and one more, after "
                                      "{} transactions",
                                      role_.hangDeadlines, role_.deadline.count(), report_.transactions)
                        : firstFault(report_.tallies);
    return std::move(report_);
  }

private:
  // Until all requests are done, or nothing was answered for too long.
  Result<> serve() {
    isSilent_ = false;
    for (int client = 0; client < count_; ++client)
      HOTGATE_CHECK(beginTurn(client));
    lastAnswer_ = Clock::now();
    while (!clients_.isIdle() && !isSilent_) {
      HOTGATE_TRY(const SoakClients::Step step, clients_.next());
      HOTGATE_CHECK(take(step));
    }
    return {};
  }

  Result<> beginTurn(int client) {
    HOTGATE_TRY(const bool more, goesOn_(begun_));
    if (!more)
      return {};
    ++begun_;
    return clients_.beginTurn(client);
  }

  Result<> take(const SoakClients::Step &step) {
    if (step.isHeard)
      lastAnswer_ = Clock::now();
    else
      isSilent_ = Clock::now() - lastAnswer_ >= role_.hangDeadlines * role_.deadline;
    if (step.isTransaction)
      HOTGATE_CHECK(countTransaction());
    return step.isTurnOver && !isSilent_ ? beginTurn(step.client) : Result<>();
  }

  Result<> countTransaction() {
    return ++report_.transactions % role_.soak.sampleEvery == 0 ? sample_(report_.transactions) : Result<>();
  }

  SoakClients &clients_;
  const Role &role_;
  int count_;
  const RoleProbe::GoesOn &goesOn_;
  const RoleProbe::Sample &sample_;
  int64_t begun_ = 0;
  Clock::time_point lastAnswer_;
  bool isSilent_ = false;
  SoakReport report_;
};

} // namespace

Result<SoakReport> runSoak(SoakClients &clients, const Role &role, int count, const RoleProbe::GoesOn &goesOn,
                           const RoleProbe::Sample &sample) {
  return SoakRun(clients, role, count, goesOn, sample).run();
}

} // namespace hotgate::harness
