// The lab in a real guest, every step of it. What the KBs with a defect were built to do is measured there by their
// gates (tests/cli, gate.audit-leak and others), step by step under wine on this host (tests/harness/wine).
#include "tests/harness/dhcp_lab.h"

namespace hotgate::harness {
namespace {

TEST_F(DhcpLab, GoodGoesThroughEveryStep) { expectGoodGoesThroughEveryStep(Provider::qemu, std::chrono::seconds(180)); }

} // namespace
} // namespace hotgate::harness
