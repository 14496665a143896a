#include "cli/rules_command.h"

#include "cli/installation.h"
#include "rules/report/report.h"
#include "support/output_file.h"

namespace hotgate::cli {

Result<> rulesCommand(const RulesOptions &options) {
  HOTGATE_TRY(const Installation installation, findInstallation());
  HOTGATE_TRY(const auto catalogue, rules::loadCatalogue(options.rules.value_or(installation.rules)));
  if (!options.show)
    return writeStandardOutput(rules::ruleList(catalogue));
  const rules::Rule *rule = rules::findRule(catalogue, *options.show);
  if (rule == nullptr)
    return failUsage("rules show", *options.show, "there is no such rule", "run 'hotgate rules list'");
  return writeStandardOutput(rules::ruleDescription(*rule));
}

} // namespace hotgate::cli
