// The corpus' DHCP KBs in the lab, with a provider, and what the run wrote into the facts.
#pragma once

#include "harness/lab/lab.h"

#include <gtest/gtest.h>

namespace hotgate::harness {

class DhcpLab : public testing::Test {
protected:
  // Every row that it writes goes to stderr. What is made once for all runs (guest, prefix) is not part of `took`.
  void run(const std::string &kb, Provider provider);
  std::vector<std::string> rows(const std::string &sql);

  facts::Database facts = facts::Database::create(":memory:").value();
  Clock::duration took{};
};

} // namespace hotgate::harness
