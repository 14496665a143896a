#include "harness/client/client_probe.h"

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

class SoakRun {
public:
  SoakRun(Clients &clients, const Role &role, int count, const RoleProbe::GoesOn &goesOn,
          const RoleProbe::Sample &sample)
      : clients_(clients), role_(role), count_(count), goesOn_(goesOn), sample_(sample), order_(role.soak.mix) {}

  Result<SoakReport> run() {
    HOTGATE_CHECK(sample_(0));
    do {
      HOTGATE_CHECK(serve());
      // Silence, and then not even the last ones in flight were answered.
      report_.hung = isSilent_ && !wasHeardInTheEnd_;
    } while (isSilent_ && !report_.hung);
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
    wasHeardInTheEnd_ = false;
    lastAnswer_ = Clock::now();
    for (int client = 0; client < count_; ++client)
      HOTGATE_CHECK(ask(client));
    while (!inFlight_.empty()) {
      HOTGATE_TRY(const ClientAnswer answer, clients_.next());
      HOTGATE_CHECK(take(answer));
    }
    return {};
  }

  Result<> ask(int client) {
    HOTGATE_TRY(const bool more, goesOn_(begun_));
    if (!more)
      return {};
    ++begun_;
    inFlight_[client] = order_.next();
    return clients_.ask({client, inFlight_[client], role_.deadline});
  }

  Result<> take(const ClientAnswer &answer) {
    const auto asked = inFlight_.extract(answer.client);
    const bool isHeard = count(report_.tallies[asked.mapped()], answer, role_.deadline);
    wasHeardInTheEnd_ = wasHeardInTheEnd_ || (isSilent_ && isHeard);
    if (isHeard) {
      lastAnswer_ = Clock::now();
      if (++report_.transactions % role_.soak.sampleEvery == 0)
        HOTGATE_CHECK(sample_(report_.transactions));
    } else if (Clock::now() - lastAnswer_ >= role_.hangDeadlines * role_.deadline) {
      isSilent_ = true;
    }
    return isSilent_ ? Result<>() : ask(answer.client);
  }

  Clients &clients_;
  const Role &role_;
  int count_;
  const RoleProbe::GoesOn &goesOn_;
  const RoleProbe::Sample &sample_;
  Order order_;
  std::map<int, std::string> inFlight_; // client, exchange
  int64_t begun_ = 0;
  Clock::time_point lastAnswer_;
  bool isSilent_ = false;
  bool wasHeardInTheEnd_ = false;
  SoakReport report_;
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
  const GoesOn untilAllAreSent = [this](int64_t requests) -> Result<bool> { return requests < load_.requests; };
  return SoakRun(*clients_, role_, load_.clients, untilAllAreSent, sample).run();
}

Result<SoakReport> ClientProbe::load(const GoesOn &goesOn) {
  const Sample none = [](int64_t) { return Result<>(); };
  return SoakRun(*clients_, role_, load_.clients, goesOn, none).run();
}

} // namespace hotgate::harness
