// When a guest is kept: once, at the first thing that goes wrong, and not before.
#include "harness/lab/lab_records.h"

#include "tests/harness/example_facts.h"

#include <gtest/gtest.h>

namespace hotgate::harness {
namespace {

class FirstFailure : public testing::Test {
protected:
  FirstFailure() {
    running.alive = true;
    records.onFirstFailure([this] { ++calls; });
  }
  static ExchangeTallies tallies(int64_t sent, int64_t answered, int64_t wrong) {
    ExchangeTallies result;
    ExchangeTally &tally = result["renew"];
    tally.sent = sent;
    tally.answered = answered;
    tally.wrong = wrong;
    return result;
  }

  facts::Database facts = facts::Database::create(":memory:").value();
  LabRecords records = LabRecords::begin(facts, "dhcp", "dhcpsrv.exe", "qemu").value();
  int calls = 0;
  ProcessCounters running;
  ProcessCounters gone;
};

TEST_F(FirstFailure, IsNotCalledWhenAllGoesWell) {
  ASSERT_TRUE(records.step(Phase::control, Step::smoke, StepOutcome::ok, ""));
  ASSERT_TRUE(records.probes(Phase::patched, Step::apply, tallies(5, 5, 0), std::chrono::milliseconds(30)));
  ASSERT_TRUE(records.process(Phase::patched, Step::apply, {"running", 32}, 32, running));
  EXPECT_EQ(calls, 0);
}

TEST_F(FirstFailure, IsAFailedStepAndOnlyTheFirst) {
  ASSERT_TRUE(records.step(Phase::patched, Step::smoke, StepOutcome::failed, "no answer"));
  ASSERT_TRUE(records.step(Phase::patched, Step::soak, StepOutcome::labFault, "the agent is gone"));
  EXPECT_EQ(calls, 1);
}

TEST_F(FirstFailure, IsARequestLostWhileThePatchIsApplied) {
  ASSERT_TRUE(records.probes(Phase::patched, Step::apply, tallies(5, 4, 0), std::chrono::milliseconds(30)));
  EXPECT_EQ(calls, 1);
}

TEST_F(FirstFailure, IsAWrongAnswer) {
  ASSERT_TRUE(records.probes(Phase::patched, Step::apply, tallies(5, 5, 1), std::chrono::milliseconds(30)));
  EXPECT_EQ(calls, 1);
}

TEST_F(FirstFailure, IsAProcessThatDied) {
  ASSERT_TRUE(records.process(Phase::patched, Step::soak, {"stopped", 0}, 32, gone));
  EXPECT_EQ(calls, 1);
}

} // namespace
} // namespace hotgate::harness
