#include "cli/lab_role_command.h"

#include "cli/installation.h"
#include "harness/lab/reference_run.h"
#include "harness/vm/cache.h"
#include "rules/engine/verdict.h"
#include "support/log.h"
#include "support/output_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace hotgate::cli {
namespace {

struct JudgedWay {
  std::string name;
  bool isSound;
  std::string told; // of smoke or soak
  std::string step;
  std::vector<rules::Finding> findings; // of the lab's rules

  // The sound server must be told nothing of; of a broken one a rule must speak.
  [[nodiscard]] bool isAsItShouldBe() const { return findings.empty() == isSound; }
};

Result<JudgedWay> judgeWay(harness::ReferenceWay &way, const std::vector<rules::Rule> &catalogue) {
  HOTGATE_TRY(const rules::Verdict verdict, rules::judge(way.facts, catalogue, rules::Scope::withLab));
  JudgedWay judged{way.name, way.isSound, way.told, way.step, {}};
  constexpr std::string_view labRules = "HG6";
  for (const rules::Finding &finding : verdict.findings)
    if (finding.rule.starts_with(labRules))
      judged.findings.push_back(finding);
  return judged;
}

std::string textOf(const std::string &role, const std::vector<JudgedWay> &ways, bool isTrusted) {
  std::string text =
      fmt::format("role {}: the lab {}\n\n", role,
                  isTrusted ? "tells a sound server from a broken one" : "CANNOT be trusted with this role");
  for (const JudgedWay &way : ways) {
    const char *word =
        way.isSound ? (way.findings.empty() ? "passes" : "FALSE ALARM") : (way.findings.empty() ? "NOT SEEN" : "seen");
    text += fmt::format("{:<11} {}\n", way.name, word);
    if (!way.told.empty())
      text += fmt::format("    {}: {}\n", way.step, way.told);
    for (const rules::Finding &finding : way.findings)
      text += fmt::format("    {} {}\n", finding.rule, finding.message);
  }
  return text;
}

std::string jsonOf(const std::string &role, const std::vector<JudgedWay> &ways, bool isTrusted) {
  nlohmann::ordered_json document{{"schema", "hotgate/role/1"}, {"role", role}, {"trusted", isTrusted}};
  for (const JudgedWay &way : ways) {
    nlohmann::ordered_json findings = nlohmann::json::array();
    for (const rules::Finding &finding : way.findings)
      findings.push_back({{"rule", finding.rule}, {"subject", finding.subject}, {"message", finding.message}});
    document["ways"].push_back({{"way", way.name},
                                {"as_it_should_be", way.isAsItShouldBe()},
                                {"step", way.told.empty() ? "" : way.step},
                                {"told", way.told},
                                {"findings", findings}});
  }
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

} // namespace

Result<ExitCode> labRoleCommand(const LabRoleOptions &options) {
  HOTGATE_TRY(const Installation installation, findInstallation());
  HOTGATE_TRY(const auto catalogue, rules::loadCatalogue(options.rules.empty() ? installation.rules : options.rules));
  HOTGATE_TRY(const auto cache, harness::defaultCacheFolder());
  std::error_code error;
  std::filesystem::create_directories(options.out, error);
  if (error)
    return failInput(options.out.string(), "", error.message(), "name a folder that can be written");
  HOTGATE_CHECK(harness::checkLabHost(harness::Provider::qemu));
  HOTGATE_TRY(
      auto measured,
      harness::runReference(
          {options.role, {installation.roles, installation.agent, installation.tap, installation.client, cache}},
          [&](std::string_view step) { log::progress(fmt::format("{}: {}", options.role, step)); }));
  log::endProgress();
  std::vector<JudgedWay> ways;
  for (harness::ReferenceWay &way : measured) {
    HOTGATE_TRY(JudgedWay judged, judgeWay(way, catalogue));
    ways.push_back(std::move(judged));
    HOTGATE_CHECK(way.facts.saveAs(options.out / (way.name + ".sqlite")));
  }
  const bool isTrusted = std::all_of(ways.begin(), ways.end(), [](const auto &way) { return way.isAsItShouldBe(); });
  const std::string text = textOf(options.role, ways, isTrusted);
  HOTGATE_CHECK(writeFile(options.out / "result.txt", text));
  HOTGATE_CHECK(writeFile(options.out / "result.json", jsonOf(options.role, ways, isTrusted)));
  HOTGATE_CHECK(writeStandardOutput(text));
  return isTrusted ? ExitCode::approve : ExitCode::toolFault;
}

} // namespace hotgate::cli
