// What is made of a service whose process is gone, against a guest that says at each look what a test scripts.
#include "harness/lab/recovery_watch.h"

#include <gtest/gtest.h>

namespace hotgate::harness {
namespace {

using std::chrono::milliseconds;

// What the guest says of the service at one look.
struct Look {
  int64_t pid = 0; // that the service manager names
  int64_t startTime = 0;
  bool alive = true;
  bool canBeSeen = true;
};

class WatchedGuest : public Guest {
public:
  Result<ServiceStatus> queryService() override {
    now_ = next(looks++);
    return ServiceStatus{"running", now_.pid};
  }
  Result<ProcessCounters> counters(int64_t /*pid*/) override {
    if (!now_.canBeSeen)
      return notAsked();
    return ProcessCounters{now_.alive, std::nullopt, 0, 0, std::nullopt, now_.startTime};
  }

  Result<> restore() override { return notAsked(); }
  std::string_view accelerator() const override { return "tcg"; }
  Link &link() override { std::abort(); }
  Result<ServiceStatus> startService() override { return notAsked(); }
  bool restartsCrashedService() const override { return true; }
  Result<> beginApply(int64_t) override { return notAsked(); }
  Result<std::optional<AppliedPatch>> appliedYet() override { return notAsked(); }
  Result<> undo(int64_t) override { return notAsked(); }
  Result<ServiceStatus> restartUpdated() override { return notAsked(); }
  Result<std::vector<uint8_t>> read(int64_t, uint32_t, uint32_t) override { return notAsked(); }
  Result<std::vector<uint8_t>> readPatch(int64_t, uint32_t, uint32_t) override { return notAsked(); }
  Result<std::vector<ThreadStack>> stacks(int64_t) override { return notAsked(); }
  bool wasRefused() const override { return false; }

  std::function<Look(int number)> next;
  int looks = 0;

private:
  static Failure notAsked() { return failFault("scripted guest", "", "cannot be asked"); }
  Look now_;
};

class Recovery : public testing::Test {
protected:
  static constexpr ServiceProcess first{32, 1000};
  static constexpr Look gone{.pid = 0, .startTime = 1000, .alive = false};

  // The whole watch; how long it took.
  milliseconds watch(const std::function<Look(int number)> &next) {
    guest.next = next;
    const auto begun = Clock::now();
    EXPECT_TRUE(watched.watch(limits));
    return std::chrono::duration_cast<milliseconds>(Clock::now() - begun);
  }

  WatchedGuest guest;
  RecoveryWatch watched{guest, first};
  RecoveryLimits limits{
      .poll = milliseconds(1), .untilStart = milliseconds(30), .stays = milliseconds(30), .whole = milliseconds(5000)};
};

TEST_F(Recovery, TheSamePidWithAnotherStartTimeIsANewProcess) {
  watch([](int) { return Look{.pid = 32, .startTime = 2000}; });
  EXPECT_EQ(watched.starts(), (std::vector<ServiceProcess>{{32, 2000}}));
}

TEST_F(Recovery, AnotherPidWithTheSameStartTimeIsANewProcess) {
  watch([](int) { return Look{.pid = 48, .startTime = 1000}; });
  EXPECT_EQ(watched.starts(), (std::vector<ServiceProcess>{{48, 1000}}));
}

TEST_F(Recovery, TheProcessThatWasThereIsNoStart) {
  watch([](int) { return Look{.pid = 32, .startTime = 1000}; });
  EXPECT_TRUE(watched.starts().empty());
  EXPECT_TRUE(watched.runs());
}

TEST_F(Recovery, AServiceWithoutAProcessDoesNotRun) {
  watch([](int) { return Look{.pid = 0, .startTime = 1000}; }); // the old one is still there, ending
  EXPECT_FALSE(watched.runs());
  EXPECT_TRUE(watched.starts().empty());
}

// Wine's service manager names the process and says "running" after it died.
TEST_F(Recovery, AServiceWithADeadProcessDoesNotRun) {
  watch([](int) { return Look{.pid = 48, .startTime = 2000, .alive = false}; });
  EXPECT_FALSE(watched.runs());
  EXPECT_EQ(watched.serviceState(), "running");
  EXPECT_TRUE(watched.starts().empty());
}

TEST_F(Recovery, AProcessThatCannotBeSeenYetIsLookedAtAgain) {
  watch(
      [](int number) { return number < 3 ? Look{.pid = 48, .canBeSeen = false} : Look{.pid = 48, .startTime = 2000}; });
  EXPECT_EQ(watched.starts(), (std::vector<ServiceProcess>{{48, 2000}}));
}

TEST_F(Recovery, ANewProcessIsAwaitedForItsTimeAndThenWatchedForItsOwn) {
  limits.untilStart = milliseconds(400);
  limits.stays = milliseconds(10);
  EXPECT_GE(watch([](int) { return gone; }), milliseconds(400));
  limits.untilStart = milliseconds(10);
  limits.stays = milliseconds(400);
  EXPECT_GE(watch([](int) { return Look{.pid = 48, .startTime = 2000}; }), milliseconds(400));
}

// It comes at once and ends after a while: later than a process was waited for, and before it is said to stay.
TEST_F(Recovery, EachProcessIsWatchedFromItsStart) {
  limits.untilStart = milliseconds(100);
  limits.stays = milliseconds(2000);
  const auto begun = Clock::now();
  watch([&](int number) {
    return number == 0 || Clock::now() - begun > milliseconds(400) ? gone : Look{.pid = 48, .startTime = 2000};
  });
  EXPECT_EQ(watched.starts().size(), 1U);
  EXPECT_FALSE(watched.runs());
}

TEST_F(Recovery, AServiceThatStartsOverAndOverIsLeftToItInTheEnd) {
  limits.whole = milliseconds(100);
  watch([](int number) { return Look{.pid = 48 + number, .startTime = 2000}; });
  EXPECT_EQ(watched.starts().size(), static_cast<size_t>(guest.looks));
  EXPECT_GT(guest.looks, 1);
}

} // namespace
} // namespace hotgate::harness
