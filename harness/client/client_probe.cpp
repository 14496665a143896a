#include "harness/client/client_probe.h"

#include "harness/roles/soak_loop.h"

#include <algorithm>
#include <thread>

namespace hotgate::harness {
namespace {

using std::chrono::milliseconds;

// Adds one answer to its exchange's tally. True when the server said something, in time or late.
bool count(ExchangeTally &tally, const ClientAnswer &answer, milliseconds deadline) {
  ++tally.sent;
  if (answer.outcome.kind == Outcome::Kind::unanswered) {
    if (tally.firstUnanswered.empty())
      tally.firstUnanswered = answer.outcome.text;
    return false;
  }
  if (answer.milliseconds > static_cast<double>(deadline.count())) {
    ++tally.late;
    return true;
  }
  ++tally.answered;
  tally.milliseconds.push_back(answer.milliseconds);
  if (answer.outcome.kind == Outcome::Kind::wrong) {
    if (tally.wrong++ == 0)
      tally.firstWrong = answer.outcome.text;
  }
  return true;
}

// The mix as an order in which every exchange comes at even distances: each turn, all gain their weight, and the one
// with the most is asked and pays the sum of all weights.
class Order {
public:
  explicit Order(const std::vector<RoleSoak::Share> &mix) : mix_(mix), credit_(mix.size()) {}

  const std::string &next() {
    int sum = 0;
    for (size_t at = 0; at < mix_.size(); ++at) {
      credit_[at] += mix_[at].weight;
      sum += mix_[at].weight;
    }
    const auto most = std::max_element(credit_.begin(), credit_.end());
    *most -= sum;
    return mix_[static_cast<size_t>(most - credit_.begin())].exchange;
  }

private:
  const std::vector<RoleSoak::Share> &mix_;
  std::vector<int> credit_;
};

// Each in turn asks the next exchange of the mix.
class SoakingClients : public SoakClients {
public:
  SoakingClients(Clients &clients, const Role &role) : clients_(clients), role_(role), order_(role.soak.mix) {}

  Result<> beginTurn(int client) override {
    inFlight_[client] = order_.next();
    return clients_.ask({client, inFlight_[client], role_.deadline});
  }

  Result<Step> next() override {
    HOTGATE_TRY(const ClientAnswer answer, clients_.next());
    const auto asked = inFlight_.extract(answer.client);
    const bool isHeard = count(tallies_[asked.mapped()], answer, role_.deadline);
    return Step{.client = answer.client, .isHeard = isHeard, .isTransaction = isHeard, .isTurnOver = true};
  }

  [[nodiscard]] bool isIdle() const override { return inFlight_.empty(); }

  // Each is answered, or has run out of time, by its own deadline.
  Result<Rest> drain() override {
    Rest rest;
    while (!isIdle()) {
      HOTGATE_TRY(const Step step, next());
      rest.isHeard = rest.isHeard || step.isHeard;
      rest.transactions += step.isTransaction ? 1 : 0;
    }
    return rest;
  }

  ExchangeTallies takeTallies() override { return std::exchange(tallies_, {}); }

private:
  Clients &clients_;
  const Role &role_;
  Order order_;
  std::map<int, std::string> inFlight_; // client, exchange
  ExchangeTallies tallies_;
};

} // namespace

Result<Outcome> ClientProbe::exchange(const std::string &name, ExchangeTallies &tallies) {
  HOTGATE_CHECK(clients_->ask({0, name, role_.deadline}));
  HOTGATE_TRY(ClientAnswer answer, clients_->next());
  count(tallies[name], answer, role_.deadline);
  return std::move(answer.outcome);
}

Result<ProbeReport> ClientProbe::health() {
  constexpr milliseconds pause{100};
  const Deadline limit = after(role_.startLimit);
  for (;;) {
    ProbeReport report;
    HOTGATE_TRY(const Outcome outcome, exchange(role_.smoke.front(), report.tallies));
    report.fault = firstFault(report.tallies);
    if (report.fault.empty() || outcome.kind == Outcome::Kind::wrong || Clock::now() >= limit)
      return report;
    std::this_thread::sleep_for(pause);
  }
}

Result<ProbeReport> ClientProbe::smoke() {
  ProbeReport report;
  // Of a server that has fallen silent nothing more is asked: each exchange would take its whole deadline.
  int unanswered = 0;
  for (auto name = role_.smoke.begin(); name != role_.smoke.end() && unanswered < role_.hangDeadlines; ++name) {
    HOTGATE_TRY(const Outcome outcome, exchange(*name, report.tallies));
    unanswered = outcome.kind == Outcome::Kind::unanswered ? unanswered + 1 : 0;
  }
  report.fault = firstFault(report.tallies);
  return report;
}

Result<WitnessReport> ClientProbe::witness() {
  constexpr int attempts = 3;
  WitnessReport report{{}, "no-answer", ""};
  for (int attempt = 0; attempt < attempts && report.seen == "no-answer"; ++attempt) {
    ExchangeTallies tallies;
    HOTGATE_TRY(const Outcome outcome, exchange(witness_, tallies));
    add(report.tallies, {{"witness", tallies[witness_]}});
    report.text = fmt::format("{}: {}", witness_, outcome.text.empty() ? "answered rightly" : outcome.text);
    if (outcome.kind != Outcome::Kind::unanswered)
      report.seen = outcome.kind == Outcome::Kind::right ? "fixed" : "vulnerable";
  }
  return report;
}

Result<SoakReport> ClientProbe::soak(const Sample &sample) {
  SoakingClients clients(*clients_, role_);
  return runSoak(clients, role_, load_.clients, untilAllAreSent(load_.requests), sample);
}

Result<SoakReport> ClientProbe::load(const GoesOn &goesOn) {
  SoakingClients clients(*clients_, role_);
  return runSoak(clients, role_, load_.clients, goesOn, takesNoSample);
}

} // namespace hotgate::harness
