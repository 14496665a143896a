// The lab on the corpus' KBs, in a real guest: what it measures is what each KB was built to do.
#include "tests/harness/dhcp_lab.h"

namespace hotgate::harness {
namespace {

TEST_F(DhcpLab, GoodGoesThroughEveryStep) { expectGoodGoesThroughEveryStep(Provider::qemu, std::chrono::seconds(180)); }
TEST_F(DhcpLab, AuditLeakIsMeasuredWithin20Percent) { expectAuditLeakIsMeasuredWithin20Percent(Provider::qemu); }
TEST_F(DhcpLab, RenewalHangIsSeenWhileTheServiceSaysRunning) {
  expectRenewalHangIsSeenWhileTheServiceSaysRunning(Provider::qemu);
}

} // namespace
} // namespace hotgate::harness
