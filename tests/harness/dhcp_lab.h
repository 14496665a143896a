// The corpus' DHCP KBs in the lab, with a provider: what it measures is what each KB was built to do.
#pragma once

#include "harness/lab/lab.h"
#include "tests/harness/fact_rows.h"

#include <gtest/gtest.h>

namespace hotgate::harness {

class DhcpLab : public testing::Test {
protected:
  void expectGoodGoesThroughEveryStep(Provider provider, std::chrono::seconds limit);
  void expectAuditLeakIsMeasuredWithin20Percent(Provider provider);
  void expectRenewalHangIsSeenWhileTheServiceSaysRunning(Provider provider);
  // `good` with an instruction that does not exist at the entry of each function that it brings.
  void expectACrashOfThePatchIsSeenAndWatched(Provider provider);
  // `good` with a scope that its own smoke steps use up.
  void expectAnExhaustedScopeIsTheLabsFault(Provider provider);

private:
  // Every row that it writes goes to stderr. What is made once for all runs (guest, prefix) is not part of `took`.
  void run(const std::string &kb, Provider provider);
  // `change` may alter the role and what lab.yaml asks for.
  struct Alteration {
    std::filesystem::path folder; // of the KB
    std::filesystem::path roles;  // with dhcp.yaml
    std::function<void(LabConfig &)> config = [](LabConfig &) {};
  };
  void run(const Alteration &alteration, Provider provider);
  std::vector<std::string> rows(const std::string &sql) { return factRows(facts, sql); }

  facts::Database facts = facts::Database::create(":memory:").value();
  Clock::duration took{};
};

} // namespace hotgate::harness
