#include "tests/harness/dhcp_lab.h"

#include "harness/guest/ready_guest.h"
#include "harness/wine/wine_prefix.h"
#include "tests/harness/vm/image_facts.h"

#include <gmock/gmock.h>
#include <iostream>

namespace hotgate::harness {
namespace {

using testing::ElementsAre;

const Progress say = [](std::string_view text) { std::cerr << text << "\n"; };

void provideVirtualMachine(int memoryMiB) {
  const auto cache = defaultCacheFolder().value();
  const auto image = provideGuestImage(cache, say);
  ASSERT_TRUE(image) << image.error().message();
  const auto accelerator = chooseAccelerator(cache, *image, say);
  ASSERT_TRUE(accelerator) << accelerator.error().message();
  const auto state = provideReadyState(cache, *image, {*accelerator, memoryMiB}, HOTGATE_AGENT, say);
  ASSERT_TRUE(state) << state.error().message();
}

void provide(const LabConfig &config) {
  if (config.provider == Provider::qemu)
    return provideVirtualMachine(config.memoryMiB);
  const auto prefix = provideWinePrefix(defaultCacheFolder().value(), say);
  ASSERT_TRUE(prefix) << prefix.error().message();
}

} // namespace

void DhcpLab::run(const std::string &kb, Provider provider) {
  const std::filesystem::path folder = std::filesystem::path(HOTGATE_CORPUS) / kb;
  auto config = readLabConfig(folder / "lab.yaml");
  ASSERT_TRUE(config) << config.error().message();
  config->provider = provider;
  const LabRequest request{
      .preImage = folder / "pre" / "dhcpsrv.exe",
      .hotpatchImage = folder / "hotpatch" / "dhcpsrv.exe",
      .postImage = folder / "post" / "dhcpsrv.exe",
      .config = *config,
      .role = "dhcp",
      .installation = {HOTGATE_ROLES, HOTGATE_AGENT, HOTGATE_TAP, HOTGATE_TAP, defaultCacheFolder().value()}};
  const auto written = writeImageFacts(facts, request.preImage, request.hotpatchImage);
  ASSERT_TRUE(written) << written.error().message();
  ASSERT_NO_FATAL_FAILURE(provide(*config));
  const Clock::time_point before = Clock::now();
  const auto ran = runLab(request, facts, [before](std::string_view text) {
    const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - before).count();
    std::cerr << fmt::format("{:6} ms  {}\n", elapsed, text);
  });
  ASSERT_TRUE(ran) << ran.error().message();
  took = Clock::now() - before;
  for (const char *table : {"lab_run", "lab_step", "lab_probe", "lab_witness", "lab_process", "lab_slope", "lab_growth",
                            "lab_latency", "lab_bytes"})
    for (const std::string &row : rows(fmt::format("SELECT * FROM {}", table)))
      std::cerr << table << ": " << row << "\n";
}

void DhcpLab::expectGoodGoesThroughEveryStep(Provider provider, std::chrono::seconds limit) {
  run("good", provider);
  EXPECT_THAT(rows("SELECT outcome FROM lab_run"), ElementsAre("completed"));
  EXPECT_THAT(rows("SELECT COUNT(*), SUM(outcome = 'ok') FROM lab_step"), ElementsAre("19 19"));
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_bytes WHERE expected <> found"), ElementsAre("0"));
  EXPECT_THAT(rows("SELECT low > 0 AND per_transaction >= 64 FROM lab_growth WHERE counter = 'private-bytes'"),
              ElementsAre("0"));
  EXPECT_LT(took, limit);
}

void DhcpLab::expectAuditLeakIsMeasuredWithin20Percent(Provider provider) {
  run("audit-leak", provider);
  EXPECT_THAT(rows("SELECT outcome FROM lab_run"), ElementsAre("completed"));
  EXPECT_THAT(rows("SELECT per_transaction BETWEEN 2048 * 0.8 AND 2048 * 1.2, low > 0 FROM lab_growth WHERE counter = "
                   "'private-bytes'"),
              ElementsAre("1 1"));
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_step WHERE outcome <> 'ok'"), ElementsAre("0"));
}

void DhcpLab::expectRenewalHangIsSeenWhileTheServiceSaysRunning(Provider provider) {
  run("renewal-hang", provider);
  EXPECT_THAT(rows("SELECT outcome FROM lab_run"), ElementsAre("completed"));
  EXPECT_THAT(rows("SELECT COUNT(*) > 0 FROM lab_probe WHERE phase = 'patched' AND answered + late < sent"),
              ElementsAre("1"));
  EXPECT_THAT(rows("SELECT state, service_state FROM lab_process ORDER BY ordinal DESC LIMIT 1"),
              ElementsAre("running running"));
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_probe WHERE phase = 'control' AND answered < sent"), ElementsAre("0"));
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_step WHERE phase = 'undone'"), ElementsAre("0"));
}

} // namespace hotgate::harness
