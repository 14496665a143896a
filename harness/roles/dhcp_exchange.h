// Exchanges with a DHCP server on the raw link: any number in flight, each with a deadline and an assertion on what
// comes back. The service's state is never asked; only an answer in time with the right content counts.
#pragma once

#include "harness/roles/dhcp_message.h"
#include "harness/roles/exchange_tally.h"
#include "harness/roles/lease_ledger.h"

#include <functional>
#include <map>

namespace hotgate::harness {

// What the server under test hands out, and how long it may take: from the role's file.
struct DhcpScope {
  Ipv4 server = 0;
  Ipv4 first = 0;
  Ipv4 last = 0;
  Ipv4 mask = 0;
  Ipv4 router = 0;
  uint32_t leaseSeconds = 0;

  [[nodiscard]] size_t size() const { return last - first + size_t{contains(server) ? 0U : 1U}; }
  [[nodiscard]] bool contains(Ipv4 address) const { return address >= first && address <= last; }
};

struct Expectation {
  DhcpType type = DhcpType::offer;
  std::optional<Ipv4> address = std::nullopt; // yiaddr must be this; without it, any address of the scope
  std::optional<Ipv4> notThis = std::nullopt; // yiaddr must be another one (after a decline)
  bool grantsLease = true;                    // lease time belongs into the answer
  bool scopeOptions = true;                   // mask and router belong into the answer
};

// "" when the answer is what was expected, else "expected ..., got ...". Transaction and client are the caller's.
std::string wrongContent(const DhcpAnswer &answer, const Expectation &expected, const DhcpScope &scope);

struct FinishedExchange {
  std::string exchange;
  MacAddress client{};
  std::optional<DhcpAnswer> answer; // nullopt: none within the deadline
  std::string wrong;
  [[nodiscard]] bool isRight() const { return answer && wrong.empty(); }
};

class DhcpExchanges {
public:
  DhcpExchanges(Link &link, DhcpScope scope, std::chrono::milliseconds deadline)
      : link_(link), scope_(scope), deadline_(deadline) {}

  // Sends the query under a transaction id of its own and counts it under `exchange`.
  Result<> start(const std::string &exchange, DhcpQuery query, const Expectation &expected);
  // Sends what nobody answers (release, decline).
  Result<> sendOnly(DhcpQuery query);
  // Waits until an exchange has an answer or has run out of time. There must be one in flight.
  Result<FinishedExchange> finishOne();

  // ARP for this address is answered with this client's hardware address, as long as the client holds it.
  void holdAddress(Ipv4 address, const MacAddress &client) { held_[address] = client; }

  // Reads the link for this long and answers ARP, with nothing in flight: the server gets time to take in what it was
  // sent without an answer.
  Result<> attend(Clock::duration span);
  // The same until `isIt` says so of a frame, or the deadline has passed: false.
  Result<bool> awaitFrame(const std::function<bool(const Frame &)> &isIt, Deadline deadline);
  // The end of a step: what is unanswered gets one more deadline, and counts as late when its answer comes by then.
  // Afterwards nothing is in flight. True when any answer came.
  Result<bool> drain();

  // Counts since the last call.
  ExchangeTallies takeTallies();
  [[nodiscard]] bool isIdle() const { return pending_.empty(); }
  [[nodiscard]] std::chrono::milliseconds deadline() const { return deadline_; }
  [[nodiscard]] const DhcpScope &scope() const { return scope_; }
  [[nodiscard]] LeaseLedger &ledger() { return ledger_; }

private:
  struct Pending {
    std::string exchange;
    MacAddress client{};
    Expectation expected;
    Clock::time_point sentAt;
  };
  // "" when the answer to the pending query is right. What it grants goes into the ledger.
  std::string judge(const Pending &pending, const DhcpAnswer &answer);
  FinishedExchange finish(uint32_t transaction, std::optional<DhcpAnswer> answer, std::string wrong);
  Result<std::optional<FinishedExchange>> take(const Frame &frame);
  std::optional<FinishedExchange> accept(const DhcpAnswer &answer);
  [[nodiscard]] Deadline nextExpiry() const;
  void expireOverdue();

  Link &link_;
  DhcpScope scope_;
  std::chrono::milliseconds deadline_;
  uint32_t lastTransaction_ = 0x48470000; // "HG": ours, and different from any other client's on the link
  std::map<uint32_t, Pending> pending_;
  std::map<uint32_t, std::string> expired_; // exchanges whose late answer would still be told apart
  std::map<Ipv4, MacAddress> held_;
  LeaseLedger ledger_;
  int64_t heard_ = 0; // answers to our exchanges, in time or late
  ExchangeTallies tallies_;
};

} // namespace hotgate::harness
