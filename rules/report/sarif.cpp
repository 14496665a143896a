#include "rules/report/report.h"
#include "rules/report/summary.h"

#include <nlohmann/json.hpp>

namespace hotgate::rules {

namespace {

using nlohmann::ordered_json;

std::string_view levelOf(Severity severity) {
  switch (severity) {
  case Severity::block:
  case Severity::incomplete:
    return "error";
  case Severity::review:
    return "warning";
  case Severity::note:
    return "note";
  }
  return "none";
}

std::string_view precisionOf(Confidence confidence) {
  switch (confidence) {
  case Confidence::high:
    return "very-high";
  case Confidence::medium:
    return "medium";
  case Confidence::low:
    return "low";
  }
  return "low";
}

ordered_json describe(const Rule &rule) {
  return {{"id", rule.id},
          {"name", rule.name},
          {"shortDescription", {{"text", rule.title}}},
          {"fullDescription", {{"text", rule.mechanism}}},
          {"help", {{"text", rule.action}}},
          {"defaultConfiguration", {{"level", levelOf(rule.severity)}}},
          {"properties", {{"precision", precisionOf(rule.confidence)}}}};
}

ordered_json describe(const Finding &finding, const std::vector<Rule> &rules) {
  ordered_json result{{"ruleId", finding.rule}};
  if (const Rule *rule = findRule(rules, finding.rule))
    result["ruleIndex"] = rule - rules.data();
  result["level"] = levelOf(finding.severity);
  result["message"] = {{"text", finding.message}};
  result["locations"] =
      ordered_json::array({{{"logicalLocations", ordered_json::array({{{"fullyQualifiedName", finding.subject}}})}}});
  result["partialFingerprints"] = {{"hotgate/1", finding.fingerprint}};
  result["properties"] = {{"severity", toString(finding.severity)},
                          {"confidence", toString(finding.confidence)},
                          {"evidence", ordered_json::parse(finding.evidence)}};
  return result;
}

// Path of an input as a URI reference: SARIF wants reserved characters encoded.
std::string uriOf(std::string_view path) {
  std::string uri;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    uri += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

} // namespace

Result<std::string> sarifReport(const Verdict &verdict, const std::vector<Rule> &rules, facts::Database &facts) {
  HOTGATE_TRY(const KbIdentity identity, readKbIdentity(facts));
  ordered_json driver{{"name", "hotgate"}, {"rules", ordered_json::array()}};
  for (const Rule &rule : rules)
    driver["rules"].push_back(describe(rule));
  ordered_json results = ordered_json::array();
  for (const Finding &finding : verdict.findings)
    results.push_back(describe(finding, rules));
  ordered_json artifacts = ordered_json::array();
  for (const Input &input : verdict.inputs)
    artifacts.push_back({{"location", {{"uri", uriOf(input.path)}}}, {"hashes", {{"sha-256", input.sha256}}}});
  ordered_json notifications = ordered_json::array();
  for (const NotEvaluated &entry : verdict.notEvaluated) {
    ordered_json notification{{"level", "warning"}, {"message", {{"text", "Not evaluated: " + entry.reason}}}};
    if (!entry.rule.empty())
      notification["associatedRule"] = {{"id", entry.rule}};
    notifications.push_back(std::move(notification));
  }
  ordered_json run{{"tool", {{"driver", std::move(driver)}}},
                   {"automationDetails", {{"id", identity.kb}}},
                   {"invocations", ordered_json::array({{{"executionSuccessful", true},
                                                         {"toolExecutionNotifications", std::move(notifications)}}})},
                   {"artifacts", std::move(artifacts)},
                   {"results", std::move(results)},
                   {"properties", {{"verdict", toString(verdict.kind)}}}};
  const ordered_json log{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                         {"version", "2.1.0"},
                         {"runs", ordered_json::array({std::move(run)})}};
  return log.dump(2) + "\n";
}

} // namespace hotgate::rules
