#include "harness/roles/lease_ledger.h"

#include <fmt/format.h>

namespace hotgate::harness {

void LeaseLedger::count() {
  std::set<Ipv4> all = declined_;
  for (const auto &[client, address] : leased_)
    all.insert(address);
  for (const auto &[client, address] : offered_)
    all.insert(address);
  if (all.size() >= mostTaken_.addresses)
    mostTaken_ = {all.size(),
                  fmt::format("{} leased, {} offered, {} declined", leased_.size(), offered_.size(), declined_.size())};
}

void LeaseLedger::beginStep() {
  mostTaken_ = {};
  count();
}

void LeaseLedger::offered(const MacAddress &client, Ipv4 address) {
  offered_[client] = address;
  count();
}

void LeaseLedger::leased(const MacAddress &client, Ipv4 address) {
  offered_.erase(client);
  leased_[client] = address;
  count();
}

void LeaseLedger::released(const MacAddress &client) { leased_.erase(client); }

void LeaseLedger::declined(const MacAddress &client, Ipv4 address) {
  leased_.erase(client);
  offered_.erase(client);
  declined_.insert(address);
  count();
}

std::optional<MacAddress> LeaseLedger::otherHolder(const MacAddress &client, Ipv4 address) const {
  for (const auto &[holder, held] : leased_)
    if (held == address && holder != client)
      return holder;
  return std::nullopt;
}

std::optional<std::pair<MacAddress, Ipv4>> LeaseLedger::anyHolder() const {
  if (leased_.empty())
    return std::nullopt;
  return *leased_.begin();
}

} // namespace hotgate::harness
