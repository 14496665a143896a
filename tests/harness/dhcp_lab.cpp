#include "tests/harness/dhcp_lab.h"

#include "analyzer/image/image.h"
#include "harness/guest/ready_guest.h"
#include "harness/wine/wine_prefix.h"
#include "tests/harness/temporary_folder.h"
#include "tests/harness/vm/image_facts.h"

#include <gmock/gmock.h>
#include <iostream>
#include <sstream>

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
  run({.folder = std::filesystem::path(HOTGATE_CORPUS) / kb, .roles = HOTGATE_ROLES}, provider);
}

void DhcpLab::run(const Alteration &alteration, Provider provider) {
  const std::filesystem::path &folder = alteration.folder;
  auto config = readLabConfig(folder / "lab.yaml");
  ASSERT_TRUE(config) << config.error().message();
  config->provider = provider;
  alteration.config(*config);
  const LabRequest request{
      .preImage = folder / "pre" / "dhcpsrv.exe",
      .hotpatchImage = folder / "hotpatch" / "dhcpsrv.exe",
      .postImage = folder / "post" / "dhcpsrv.exe",
      .config = *config,
      .role = "dhcp",
      .installation = {alteration.roles, HOTGATE_AGENT, HOTGATE_TAP, HOTGATE_TAP, defaultCacheFolder().value()}};
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
                            "lab_latency", "lab_bytes", "lab_recovery", "lab_restart"})
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

namespace {

// What `ud2` is for: the processor refuses it.
void breakFunctions(const std::filesystem::path &image, const std::filesystem::path &base) {
  auto facts = facts::Database::create(":memory:").value();
  ASSERT_TRUE(writeImageFacts(facts, base, image));
  const auto hotpatch = analyzer::Image::open(image).value();
  std::fstream file(image, std::ios::in | std::ios::out | std::ios::binary);
  const auto functions = factRows(facts, "SELECT target_rva FROM predicted_write WHERE value = 'redirect'");
  ASSERT_FALSE(functions.empty());
  for (const std::string &rva : functions) {
    file.seekp(*hotpatch.fileOffset(static_cast<uint32_t>(std::stoul(rva))));
    file.write("\x0f\x0b", 2);
  }
}

std::string textOf(const std::filesystem::path &path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void replace(std::string &text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
}

} // namespace

void DhcpLab::expectACrashOfThePatchIsSeenAndWatched(Provider provider) {
  const TemporaryFolder kb;
  std::filesystem::copy(std::filesystem::path(HOTGATE_CORPUS) / "good", kb.path(),
                        std::filesystem::copy_options::recursive);
  ASSERT_NO_FATAL_FAILURE(breakFunctions(kb.path() / "hotpatch" / "dhcpsrv.exe", kb.path() / "pre" / "dhcpsrv.exe"));
  run({.folder = kb.path(), .roles = HOTGATE_ROLES}, provider);
  EXPECT_THAT(rows("SELECT outcome FROM lab_run"), ElementsAre("completed"));
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_step WHERE phase = 'control' AND outcome <> 'ok'"), ElementsAre("0"));
  EXPECT_THAT(rows("SELECT state FROM lab_process ORDER BY ordinal DESC LIMIT 1"), ElementsAre("exited"));
  // Wine's service manager leaves it so.
  EXPECT_THAT(rows("SELECT phase, state, restarts, answer IS NULL FROM lab_recovery"),
              ElementsAre("patched exited 0 1"));
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_restart"), ElementsAre("0"));
}

void DhcpLab::expectAnExhaustedScopeIsTheLabsFault(Provider provider) {
  const TemporaryFolder roles;
  std::string role = textOf(std::filesystem::path(HOTGATE_ROLES) / "dhcp.yaml");
  // Soak 2, smoke 2, crowd 4, witness 1, declined 2: one too few for the second smoke.
  ASSERT_NO_FATAL_FAILURE(replace(role, "last: 10.77.0.250", "last: 10.77.0.109"));
  roles.write("dhcp.yaml", role);
  const auto small = [](LabConfig &config) {
    replace(config.serviceArguments, "--last 10.77.0.250", "--last 10.77.0.109");
    config.soak = {.requests = 60, .clients = 2};
  };
  run({.folder = std::filesystem::path(HOTGATE_CORPUS) / "good", .roles = roles.path(), .config = small}, provider);
  EXPECT_THAT(rows("SELECT outcome FROM lab_run"), ElementsAre("lab-fault"));
  EXPECT_THAT(rows("SELECT phase, step, outcome FROM lab_step ORDER BY ordinal DESC LIMIT 1"),
              ElementsAre("patched smoke lab-fault"));
  EXPECT_THAT(rows("SELECT text FROM lab_step WHERE outcome = 'lab-fault'"),
              ElementsAre(testing::HasSubstr("the scope is exhausted: all 10 addresses are taken (")));
  EXPECT_THAT(rows("SELECT COUNT(*) FROM lab_probe WHERE exchange <> 'witness' AND answered < sent"), ElementsAre("0"));
}

} // namespace hotgate::harness
