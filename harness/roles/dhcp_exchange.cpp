// Limits: one server on the link; at most one exchange in flight for each client.
#include "harness/roles/dhcp_exchange.h"

#include <algorithm>
#include <cassert>

namespace hotgate::harness {
namespace {

// A busy host may look at the link only after the deadline: what is waiting there by then still counts, but a guest
// that floods the link buys no time with it.
constexpr int waitingFramesLimit = 1024;

std::string optionalAddress(const std::optional<Ipv4> &address) { return address ? addressText(*address) : "none"; }

std::string expectedButGot(std::string_view what, const std::string &expected, const std::string &got) {
  return fmt::format("expected {} {}, got {}", what, expected, got);
}

std::string wrongAddress(const DhcpAnswer &answer, const Expectation &expected, const DhcpScope &scope) {
  if (expected.address && answer.address != *expected.address)
    return expectedButGot("address", addressText(*expected.address), addressText(answer.address));
  if (!expected.address && !scope.contains(answer.address))
    return expectedButGot("an address from", addressText(scope.first) + " to " + addressText(scope.last),
                          addressText(answer.address));
  if (expected.notThis && answer.address == *expected.notThis)
    return expectedButGot("an address other than", addressText(*expected.notThis), "it");
  return {};
}

} // namespace

std::string wrongContent(const DhcpAnswer &answer, const Expectation &expected, const DhcpScope &scope) {
  if (!answer.malformed.empty())
    return "expected a well-formed message, but " + answer.malformed;
  if (answer.type != static_cast<uint8_t>(expected.type))
    return expectedButGot("message", dhcpTypeName(static_cast<uint8_t>(expected.type)), dhcpTypeName(answer.type));
  if (answer.server != scope.server)
    return expectedButGot("server identifier", addressText(scope.server), optionalAddress(answer.server));
  if (std::string wrong = wrongAddress(answer, expected, scope); !wrong.empty())
    return wrong;
  if (expected.grantsLease && answer.leaseSeconds != scope.leaseSeconds)
    return expectedButGot("lease time", std::to_string(scope.leaseSeconds),
                          answer.leaseSeconds ? std::to_string(*answer.leaseSeconds) : "none");
  if (expected.scopeOptions && answer.mask != scope.mask)
    return expectedButGot("subnet mask", addressText(scope.mask), optionalAddress(answer.mask));
  if (expected.scopeOptions && answer.router != scope.router)
    return expectedButGot("router", addressText(scope.router), optionalAddress(answer.router));
  return {};
}

Result<> DhcpExchanges::start(const std::string &exchange, DhcpQuery query, const Expectation &expected) {
  query.transaction = ++lastTransaction_;
  ++tallies_[exchange].sent;
  pending_[query.transaction] = {exchange, query.client, expected, Clock::now()};
  return link_.send(buildDhcp(query));
}

Result<> DhcpExchanges::sendOnly(DhcpQuery query) {
  if (query.type == DhcpType::release)
    ledger_.released(query.client);
  else if (query.type == DhcpType::decline)
    ledger_.declined(query.client, query.requested.value_or(0));
  query.transaction = ++lastTransaction_;
  return link_.send(buildDhcp(query));
}

Deadline DhcpExchanges::nextExpiry() const {
  // Transaction ids grow with time, so the first one expires first.
  return pending_.begin()->second.sentAt + deadline_;
}

std::string DhcpExchanges::judge(const Pending &pending, const DhcpAnswer &answer) {
  if (pending.client != answer.client)
    return "expected the client's hardware address in the answer, got another one";
  if (std::string wrong = wrongContent(answer, pending.expected, scope_); !wrong.empty())
    return wrong;
  if (!pending.expected.grantsLease)
    return {};
  if (ledger_.otherHolder(pending.client, answer.address))
    return fmt::format("expected an address that nobody holds, got {}, another client's", addressText(answer.address));
  if (pending.expected.type == DhcpType::offer)
    ledger_.offered(pending.client, answer.address);
  else
    ledger_.leased(pending.client, answer.address);
  return {};
}

FinishedExchange DhcpExchanges::finish(uint32_t transaction, std::optional<DhcpAnswer> answer, std::string wrong) {
  const auto entry = pending_.find(transaction);
  const Pending exchange = std::move(entry->second);
  pending_.erase(entry);
  ExchangeTally &tally = tallies_[exchange.exchange];
  if (answer) {
    ++heard_;
    ++tally.answered;
    tally.milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - exchange.sentAt).count());
  } else {
    expired_[transaction] = exchange.exchange;
  }
  if (!wrong.empty() && tally.wrong++ == 0)
    tally.firstWrong = wrong;
  if (!wrong.empty() && answer && answer->type == static_cast<uint8_t>(DhcpType::refuse))
    ++tally.refused;
  return {exchange.exchange, exchange.client, std::move(answer), std::move(wrong)};
}

std::optional<FinishedExchange> DhcpExchanges::accept(const DhcpAnswer &answer) {
  if (const auto late = expired_.find(answer.transaction); late != expired_.end()) {
    ++heard_;
    ++tallies_[late->second].late;
    expired_.erase(late);
    return std::nullopt;
  }
  auto entry = pending_.find(answer.transaction);
  if (entry != pending_.end()) {
    std::string wrong = judge(entry->second, answer);
    return finish(answer.transaction, answer, std::move(wrong));
  }
  // An answer to one of our clients under an id that was never sent is the server's mistake.
  const bool everSent = answer.transaction > 0x48470000 && answer.transaction <= lastTransaction_;
  entry = std::find_if(pending_.begin(), pending_.end(),
                       [&](const auto &candidate) { return candidate.second.client == answer.client; });
  if (everSent || entry == pending_.end())
    return std::nullopt;
  return finish(entry->first, answer,
                fmt::format("expected transaction {:#x}, got {:#x}", entry->first, answer.transaction));
}

Result<std::optional<FinishedExchange>> DhcpExchanges::take(const Frame &frame) {
  const Received received = parseFrame(frame);
  if (const auto *answer = std::get_if<DhcpAnswer>(&received))
    return accept(*answer);
  if (const auto *question = std::get_if<ArpQuery>(&received))
    if (const auto owner = held_.find(question->target); owner != held_.end())
      HOTGATE_CHECK(link_.send(buildArpReply(*question, owner->second)));
  return std::nullopt;
}

Result<FinishedExchange> DhcpExchanges::finishOne() {
  assert(!pending_.empty());
  int waitingFrames = waitingFramesLimit;
  for (;;) {
    const Clock::time_point now = Clock::now();
    const bool isOverdue = now >= nextExpiry();
    if (isOverdue && waitingFrames-- == 0)
      return finish(pending_.begin()->first, std::nullopt, "");
    HOTGATE_TRY(const std::optional<Frame> frame, link_.receive(isOverdue ? now : nextExpiry()));
    if (!frame && isOverdue)
      return finish(pending_.begin()->first, std::nullopt, "");
    if (!frame)
      continue;
    HOTGATE_TRY(std::optional<FinishedExchange> finished, take(*frame));
    if (finished)
      return *std::move(finished);
  }
}

Result<> DhcpExchanges::attend(Clock::duration span) {
  HOTGATE_CHECK(awaitFrame([](const Frame &) { return false; }, after(span)));
  return {};
}

Result<bool> DhcpExchanges::awaitFrame(const std::function<bool(const Frame &)> &isIt, Deadline deadline) {
  assert(pending_.empty());
  while (Clock::now() < deadline) {
    HOTGATE_TRY(const std::optional<Frame> frame, link_.receive(deadline));
    if (!frame)
      continue;
    if (isIt(*frame))
      return true;
    HOTGATE_CHECK(take(*frame));
  }
  return false;
}

void DhcpExchanges::expireOverdue() {
  while (!pending_.empty() && Clock::now() >= nextExpiry())
    finish(pending_.begin()->first, std::nullopt, "");
}

Result<bool> DhcpExchanges::drain() {
  const int64_t heardBefore = heard_;
  const Deadline end = after(deadline_);
  int waitingFrames = waitingFramesLimit;
  while (!pending_.empty() || !expired_.empty()) {
    const Clock::time_point now = Clock::now();
    if (now >= end && waitingFrames-- == 0)
      break;
    HOTGATE_TRY(const std::optional<Frame> frame, link_.receive(std::max(now, end)));
    if (!frame)
      break;
    expireOverdue();
    HOTGATE_CHECK(take(*frame));
  }
  pending_.clear(); // counted as sent and not answered
  expired_.clear();
  return heard_ != heardBefore;
}

ExchangeTallies DhcpExchanges::takeTallies() { return std::exchange(tallies_, {}); }

} // namespace hotgate::harness
