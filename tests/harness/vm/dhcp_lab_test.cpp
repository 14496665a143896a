// The lab on the corpus' KBs, in a real guest: what it measures is what each KB was built to do.
#include "harness/lab/lab.h"

#include "harness/guest/ready_guest.h"
#include "tests/harness/vm/image_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iostream>

namespace hotgate::harness {
namespace {

using testing::ElementsAre;

class DhcpLab : public testing::Test {
protected:
  void run(const std::string &kb) {
    const std::filesystem::path folder = std::filesystem::path(HOTGATE_CORPUS) / kb;
    const auto config = readLabConfig(folder / "lab.yaml");
    ASSERT_TRUE(config) << config.error().message();
    const LabRequest request{.preImage = folder / "pre" / "dhcpsrv.exe",
                             .hotpatchImage = folder / "hotpatch" / "dhcpsrv.exe",
                             .config = *config,
                             .role = "dhcp",
                             .installation = {HOTGATE_ROLES, HOTGATE_AGENT, defaultCacheFolder().value()}};
    const auto written = writeImageFacts(facts, request.preImage, request.hotpatchImage);
    ASSERT_TRUE(written) << written.error().message();
    provideGuest(config->memoryMiB); // its making is not part of the run's time
    const Clock::time_point before = Clock::now();
    const auto ran = runLab(request, facts, [before](std::string_view text) {
      const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - before).count();
      std::cerr << fmt::format("{:6} ms  {}\n", elapsed, text);
    });
    ASSERT_TRUE(ran) << ran.error().message();
    took = Clock::now() - before;
    for (const char *table :
         {"lab_run", "lab_step", "lab_probe", "lab_witness", "lab_process", "lab_slope", "lab_growth", "lab_bytes"})
      for (const std::string &row : rows(fmt::format("SELECT * FROM {}", table)))
        std::cerr << table << ": " << row << "\n";
  }

  static void provideGuest(int memoryMiB) {
    const Progress say = [](std::string_view text) { std::cerr << text << "\n"; };
    const auto cache = defaultCacheFolder().value();
    const auto image = provideGuestImage(cache, say);
    ASSERT_TRUE(image) << image.error().message();
    const auto accelerator = chooseAccelerator(cache, *image, say);
    ASSERT_TRUE(accelerator) << accelerator.error().message();
    const auto state = provideReadyState(cache, *image, {*accelerator, memoryMiB}, HOTGATE_AGENT, say);
    ASSERT_TRUE(state) << state.error().message();
  }

  std::vector<std::string> rows(const std::string &sql) {
    facts::Statement statement = facts.prepare(sql).value();
    std::vector<std::string> result;
    while (statement.step().value()) {
      std::string row;
      for (int column = 0; column < statement.columnCount(); ++column)
        row += (column == 0 ? "" : " ") + statement.text(column);
      result.push_back(row);
    }
    return result;
  }

  facts::Database facts = facts::Database::create(":memory:").value();
  Clock::duration took{};
};

TEST_F(DhcpLab, GoodGoesThroughEveryStep) {
  run("good");
  EXPECT_THAT(rows("SELECT outcome FROM lab_run"), ElementsAre("completed"));
  EXPECT_THAT(rows("SELECT COUNT(*), SUM(outcome = 'ok') FROM lab_step"), ElementsAre("14 14"));
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_bytes WHERE expected <> found"), ElementsAre("0"));
  EXPECT_THAT(rows("SELECT low > 0 AND bytes_per_transaction >= 64 FROM lab_growth"), ElementsAre("0"));
  EXPECT_LT(took, std::chrono::seconds(90));
}

TEST_F(DhcpLab, AuditLeakIsMeasuredWithin20Percent) {
  run("audit-leak");
  EXPECT_THAT(rows("SELECT outcome FROM lab_run"), ElementsAre("completed"));
  EXPECT_THAT(rows("SELECT bytes_per_transaction BETWEEN 2048 * 0.8 AND 2048 * 1.2, low > 0 FROM lab_growth"),
              ElementsAre("1 1"));
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_step WHERE outcome <> 'ok'"), ElementsAre("0"));
}

TEST_F(DhcpLab, RenewalHangIsSeenWhileTheServiceSaysRunning) {
  run("renewal-hang");
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
