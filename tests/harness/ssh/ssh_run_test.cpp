// A whole lab run on a machine that is reached by SSH: the corpus' DHCP service under wine behind a real sshd, patched
// by the agent there, with the probes on a device of the host. What is asked and decided is the same as with every
// other provider; a Windows machine differs behind the agent only.
#include "harness/lab/lab.h"
#include "harness/vm/cache.h"
#include "tests/harness/fact_rows.h"
#include "tests/harness/ssh/ssh_test_host.h"
#include "tests/harness/vm/image_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

// The machine's wire, in place of its address on loopback: `near` is the probes' end, `far` the machine's.
class Wire {
public:
  Wire() {
    runTool({"ip", "address", "del", serverAddress, "dev", "lo"});
    runTool({"ip", "link", "add", "near", "type", "veth", "peer", "name", "far"});
    runTool({"ip", "address", "add", serverAddress, "dev", "far"});
    for (const char *device : {"near", "far"})
      runTool({"ip", "link", "set", device, "up"});
    // A DHCP server answers clients that have no address yet.
    runTool({"ip", "route", "add", "255.255.255.255/32", "dev", "far"});
  }
  Wire(const Wire &) = delete;
  Wire &operator=(const Wire &) = delete;
  ~Wire() {
    runTool({"ip", "link", "del", "near"});
    runTool({"ip", "address", "add", serverAddress, "dev", "lo"});
  }

private:
  static constexpr const char *serverAddress = "10.77.0.1/24";
};

class SshRun : public testing::Test {
protected:
  SshRun() {
    request.config = readLabConfig(kb / "lab.yaml").value();
    request.config.provider = Provider::ssh;
    request.config.machine.ssh = host.config();
    request.config.machine.ssh->interface = "near";
    request.config.serviceArguments = testServiceArguments;
    request.config.soak.requests = 60;
    EXPECT_TRUE(writeImageFacts(facts, request.preImage, request.hotpatchImage));
  }
  std::vector<std::string> rows(const std::string &sql) { return factRows(facts, sql); }
  Result<> run() {
    const Wire wire;
    return runLab(request, facts, [](std::string_view) {});
  }

  const fs::path kb = fs::path(HOTGATE_CORPUS) / "good";
  SshTestHost host;
  facts::Database facts = facts::Database::create(":memory:").value();
  LabRequest request{.preImage = kb / "pre/dhcpsrv.exe",
                     .hotpatchImage = kb / "hotpatch/dhcpsrv.exe",
                     .postImage = kb / "post/dhcpsrv.exe",
                     .config = {},
                     .role = "dhcp",
                     .installation = {HOTGATE_ROLES, HOTGATE_AGENT, "", "", defaultCacheFolder().value()}};
};

TEST_F(SshRun, AGoodHotpatchGoesThroughEveryStep) {
  const auto ran = run();
  ASSERT_TRUE(ran) << ran.error().message();
  EXPECT_THAT(rows("SELECT phase || ' ' || step || ': ' || text FROM lab_step WHERE outcome <> 'ok'"), ElementsAre());
  EXPECT_THAT(rows("SELECT provider, accelerator, outcome FROM lab_run"), ElementsAre("ssh native completed"));
  EXPECT_THAT(rows("SELECT phase, seen FROM lab_witness ORDER BY phase"),
              ElementsAre("control vulnerable", "patched fixed", "restarted fixed", "undone vulnerable"));
  EXPECT_THAT(rows("SELECT phase, sent - answered, wrong FROM lab_probe WHERE step = 'soak' AND exchange = 'renew'"),
              ElementsAre("control 0 0", "patched 0 0"));
  EXPECT_THAT(rows("SELECT COUNT(*) > 0 FROM lab_bytes WHERE expected = found"), ElementsAre("1"));
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_bytes WHERE expected <> found"), ElementsAre("0"));
  EXPECT_THAT(rows("SELECT COUNT(DISTINCT pid || ' ' || start_time) FROM lab_process WHERE phase <> 'restarted'"),
              ElementsAre("1"));
  EXPECT_FALSE(fs::exists(host.guestFolder())) << "what was copied is removed";
}

// A hotpatch for another base: the agent refuses it with the loader's status, and the run says so.
TEST_F(SshRun, APatchThatTheLoaderWouldRefuseIsThePatchesFault) {
  request.hotpatchImage = fs::path(HOTGATE_CORPUS) / "wrong-base/hotpatch/dhcpsrv.exe";
  const auto ran = run();
  ASSERT_TRUE(ran) << ran.error().message();
  EXPECT_THAT(rows("SELECT phase, step, outcome FROM lab_step ORDER BY ordinal DESC LIMIT 1"),
              ElementsAre("patched apply failed"));
  EXPECT_THAT(rows("SELECT outcome FROM lab_run"), ElementsAre("completed"));
  EXPECT_FALSE(fs::exists(host.guestFolder()));
}

} // namespace
} // namespace hotgate::harness
