// The lab on the corpus' KBs, in a real guest: what it measures is what each KB was built to do.
#include "tests/harness/dhcp_lab.h"

#include <gmock/gmock.h>

namespace hotgate::harness {
namespace {

using testing::ElementsAre;

TEST_F(DhcpLab, GoodGoesThroughEveryStep) {
  run("good", Provider::qemu);
  EXPECT_THAT(rows("SELECT outcome FROM lab_run"), ElementsAre("completed"));
  EXPECT_THAT(rows("SELECT COUNT(*), SUM(outcome = 'ok') FROM lab_step"), ElementsAre("19 19"));
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_bytes WHERE expected <> found"), ElementsAre("0"));
  EXPECT_THAT(rows("SELECT low > 0 AND per_transaction >= 64 FROM lab_growth WHERE counter = 'private-bytes'"),
              ElementsAre("0"));
  EXPECT_LT(took, std::chrono::seconds(180));
}

TEST_F(DhcpLab, AuditLeakIsMeasuredWithin20Percent) {
  run("audit-leak", Provider::qemu);
  EXPECT_THAT(rows("SELECT outcome FROM lab_run"), ElementsAre("completed"));
  EXPECT_THAT(rows("SELECT per_transaction BETWEEN 2048 * 0.8 AND 2048 * 1.2, low > 0 FROM lab_growth WHERE counter = "
                   "'private-bytes'"),
              ElementsAre("1 1"));
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_step WHERE outcome <> 'ok'"), ElementsAre("0"));
}

TEST_F(DhcpLab, RenewalHangIsSeenWhileTheServiceSaysRunning) {
  run("renewal-hang", Provider::qemu);
  EXPECT_THAT(rows("SELECT outcome FROM lab_run"), ElementsAre("completed"));
  EXPECT_THAT(rows("SELECT COUNT(*) > 0 FROM lab_probe WHERE phase = 'patched' AND answered + late < sent"),
              ElementsAre("1"));
  EXPECT_THAT(rows("SELECT state, service_state FROM lab_process ORDER BY ordinal DESC LIMIT 1"),
              ElementsAre("running running"));
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_probe WHERE phase = 'control' AND answered < sent"), ElementsAre("0"));
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_step WHERE phase = 'undone'"), ElementsAre("0"));
}

} // namespace
} // namespace hotgate::harness
