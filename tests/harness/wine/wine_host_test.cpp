// The lab on the corpus' KBs, under this host's wine: what it measures is what each KB was built to do.
#include "harness/guest/process_agent.h"
#include "harness/wine/wine_prefix.h"
#include "harness/wine/wine_sandbox.h"
#include "tests/harness/dhcp_lab.h"
#include "tests/harness/forked_parent.h"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <gmock/gmock.h>
#include <set>
#include <sstream>

namespace hotgate::harness {
namespace {

class WineHost : public DhcpLab {};

TEST_F(WineHost, GoodGoesThroughEveryStep) {
  expectGoodGoesThroughEveryStep(Provider::wineHost, std::chrono::seconds(20));
}
TEST_F(WineHost, AuditLeakIsMeasuredWithin20Percent) { expectAuditLeakIsMeasuredWithin20Percent(Provider::wineHost); }
TEST_F(WineHost, RenewalHangIsSeenWhileTheServiceSaysRunning) {
  expectRenewalHangIsSeenWhileTheServiceSaysRunning(Provider::wineHost);
}
TEST_F(WineHost, ACrashOfThePatchIsSeenAndWatched) { expectACrashOfThePatchIsSeenAndWatched(Provider::wineHost); }
TEST_F(WineHost, AnExhaustedScopeIsTheLabsFault) { expectAnExhaustedScopeIsTheLabsFault(Provider::wineHost); }

// What the host has of the sandbox: processes, mounts, and names in the folder for temporary files.
struct HostState {
  std::string mounts;
  std::set<std::string> temporary;
  friend bool operator==(const HostState &, const HostState &) = default;

  static HostState now() {
    HostState state;
    std::ostringstream text;
    text << std::ifstream("/proc/self/mountinfo").rdbuf();
    state.mounts = text.str();
    for (const auto &entry : std::filesystem::directory_iterator("/tmp"))
      if (entry.path().filename().string().starts_with(".wine"))
        state.temporary.insert(entry.path().string());
    return state;
  }
};

class KilledHarness : public testing::TestWithParam<int> {};

TEST_P(KilledHarness, LeavesNothingOfItsSandbox) {
  const auto prefix = provideWinePrefix(defaultCacheFolder().value(), [](std::string_view) {});
  ASSERT_TRUE(prefix) << prefix.error().message();
  const std::filesystem::path kb = std::filesystem::path(HOTGATE_CORPUS) / "good";
  const HostState before = HostState::now();
  ForkedParent run([&](const auto &report) {
    auto sandbox = WineSandbox::start({.prefix = *prefix,
                                       .tap = HOTGATE_TAP,
                                       .address = "10.77.0.1/24",
                                       .agent = HOTGATE_AGENT,
                                       .base = kb / "pre" / "dhcpsrv.exe",
                                       .hotpatch = kb / "hotpatch" / "dhcpsrv.exe",
                                       .post = kb / "post" / "dhcpsrv.exe"},
                                      after(std::chrono::seconds(20)));
    if (!sandbox)
      report(-1);
    ProcessAgent agent(sandbox->takeAgent());
    const auto answered = agent.ping(after(std::chrono::seconds(60)));
    const auto processes = sandbox->processes("hotgate-agent.exe");
    report(answered && processes && processes->size() == 1 ? static_cast<pid_t>(processes->front()) : -1);
  });
  const pid_t agent = run.child();
  ASSERT_GT(agent, 0);
  // Nothing of the host's network is in there.
  std::ostringstream devices;
  devices << std::ifstream(fmt::format("/proc/{}/net/dev", agent)).rdbuf();
  EXPECT_THAT(devices.str(), testing::HasSubstr("tap0:"));
  EXPECT_THAT(devices.str(), testing::Not(testing::HasSubstr("eth")));
  EXPECT_EQ(std::ranges::count(devices.str(), ':'), 2) << devices.str();
  ASSERT_TRUE(run.end(GetParam()));
  EXPECT_TRUE(endsWithin(agent, std::chrono::seconds(5))) << "the agent, PID " << agent << ", still runs";
  EXPECT_EQ(HostState::now(), before);
}
INSTANTIATE_TEST_SUITE_P(Signals, KilledHarness, testing::Values(SIGINT, SIGTERM, SIGKILL));

} // namespace
} // namespace hotgate::harness
